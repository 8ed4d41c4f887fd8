/* Address: IPv4 or IPv6. */
#ifndef LEAT_NETWORK_ADDRESS_H
#define LEAT_NETWORK_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

typedef union Address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} Address;

/* False when the name is no number of either kind. */
bool address_read(const char *name, int port, Address *address, socklen_t *length);
bool address_is_loopback(const Address *address);
int address_port(const Address *address);

#endif
