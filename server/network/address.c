/* Address: texts and ports of both families. */
#include "server/network/address.h"

#include <arpa/inet.h>

bool address_read(const char *name, int port, Address *address, socklen_t *length) {
    *address = (Address){.v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)}};
    *length = sizeof address->v4;
    if (inet_pton(AF_INET, name, &address->v4.sin_addr) == 1)
        return true;
    *address = (Address){.v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)}};
    *length = sizeof address->v6;
    return inet_pton(AF_INET6, name, &address->v6.sin6_addr) == 1;
}

bool address_is_loopback(const Address *address) {
    if (address->any.sa_family == AF_INET)
        return ntohl(address->v4.sin_addr.s_addr) >> 24 == 127;
    const struct in6_addr *v6 = &address->v6.sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(v6) || (IN6_IS_ADDR_V4MAPPED(v6) && v6->s6_addr[12] == 127);
}

int address_port(const Address *address) {
    return ntohs(address->any.sa_family == AF_INET ? address->v4.sin_port : address->v6.sin6_port);
}
