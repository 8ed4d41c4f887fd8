/* Generator: every value is a hash of (seed, event number, word number), a column at a time.

   No libm: the price comes from a table made by integer arithmetic, so that all machines make the same
   events. Strings of letters are made eight letters a hash, in one register. */
#include "connectors/nexmark/generator.h"

#include <string.h>

#include "executor/base/random.h"

enum {
    AUCTIONS_IN_ROUND = 3,
    FIRST_ID = 1000,
    FIRST_CATEGORY = 10,
    CATEGORIES = 5,
    AUCTIONS_IN_FLIGHT = 100,
    PEOPLE_ACTIVE = 1000,
    HOT_EVERY = 100,
    CHANNELS = 10000,
    PERSON_BYTES = 200,
    AUCTION_BYTES = 500,
    BID_BYTES = 100,
    NAME_LETTERS = 20,
    DESCRIPTION_LETTERS = 100,
    TEXT_MAX = 512,
    PRICE_STEPS = 1024
};

/* Words of an event's randomness. Each value has words of its own: columns can be made apart. */
enum {
    WORD_CHOICE,
    WORD_AUCTION,
    WORD_PERSON,
    WORD_PRICE,
    WORD_RESERVE,
    WORD_CHANNEL,
    WORD_DIRECTORIES,
    WORD_EXPIRES = 8,
    WORD_LENGTH,
    WORD_NAME,
    WORD_CARD,
    WORD_EMAIL,
    WORD_ITEM = 16,
    WORD_DESCRIPTION = 20,
    WORD_EXTRA = 36,
    WORDS_MAX = 128
};

static inline uint64_t word_of(const NexmarkGenerator *generator, int64_t event, int word) {
    return random_mix(generator->seed + ((uint64_t)event * WORDS_MAX + (uint64_t)word) * RANDOM_STEP);
}

/* Uniform in [0, n), from 32 bits. */
static inline uint32_t below(uint64_t word, uint32_t n) {
    return (uint32_t)((uint64_t)(uint32_t)word * n >> 32);
}

/* Sequence numbers (from 0) of the newest person and auction at an event; −1: none yet. */
static inline int64_t last_person(int64_t event) {
    return event / NEXMARK_ROUND;
}
static inline int64_t last_auction(int64_t event) {
    int64_t round = event / NEXMARK_ROUND, place = event % NEXMARK_ROUND;
    return round * AUCTIONS_IN_ROUND + (place > AUCTIONS_IN_ROUND ? AUCTIONS_IN_ROUND : place) - 1;
}

static inline int64_t hot(int64_t last) {
    return last / HOT_EVERY * HOT_EVERY;
}
static inline int64_t recent(int64_t last, uint64_t word, int in_flight) {
    int64_t count = last + 1 < in_flight ? last + 1 : in_flight;
    return last - below(word, (uint32_t)count);
}

/* Event time in whole milliseconds. Events of a run mostly share one, which saves dividing. */
typedef struct EventClock {
    int64_t event_rate, base_time;
    int64_t first, end; /* events of the millisecond last asked for */
    int64_t time;
} EventClock;

static inline int64_t clock_at(EventClock *clock, int64_t event) {
    if (event >= clock->first && event < clock->end)
        return clock->time;
    __int128 millisecond = (__int128)event * 1000 / clock->event_rate;
    clock->first = event;
    clock->end = (int64_t)(((millisecond + 1) * clock->event_rate + 999) / 1000);
    clock->time = clock->base_time + (int64_t)millisecond * 1000;
    return clock->time;
}

static EventClock clock_of(const NexmarkGenerator *generator) {
    return (EventClock){.event_rate = generator->event_rate, .base_time = generator->base_time};
}

/* 100 · 10^(6u) in 2^−32 units at u = i / PRICE_STEPS. */
typedef struct PriceTable {
    uint64_t steps[PRICE_STEPS + 1];
} PriceTable;

static void price_table_fill(PriceTable *table) {
    const uint64_t ratio = 4674327164510533957u; /* 10^(6 / 1024) · 2^62 */
    uint64_t price = (uint64_t)100 << 32;
    for (int i = 0; i <= PRICE_STEPS; i++) {
        table->steps[i] = price;
        price = (uint64_t)((unsigned __int128)price * ratio >> 62);
    }
}

static inline int64_t price_of(const PriceTable *table, uint64_t word) {
    uint64_t step = word >> 54, fraction = word >> 22 & 0xffffffff;
    uint64_t from = table->steps[step], to = table->steps[step + 1];
    return (int64_t)((from + (uint64_t)((unsigned __int128)(to - from) * fraction >> 32)) >> 32);
}

#define FILL_INT8(name, expression)                                                                         \
    static void name(const NexmarkGenerator *generator, const int64_t *events, int count, Column *column) { \
        int64_t *restrict to = column->values;                                                              \
        const NexmarkGenerator local = *generator, *const g = &local;                                       \
        const int n = count;                                                                                \
        (void)g;                                                                                            \
        for (int i = 0; i < n; i++) {                                                                       \
            const int64_t event = events[i];                                                                \
            to[i] = (expression);                                                                           \
        }                                                                                                   \
    }

FILL_INT8(fill_person_id, FIRST_ID + last_person(event))
FILL_INT8(fill_auction_id, FIRST_ID + last_auction(event))
FILL_INT8(fill_category, FIRST_CATEGORY + below(word_of(g, event, WORD_CHOICE) >> 32, CATEGORIES))

/* Three quarters are hot: of both sellers and bidders. The hot bidder is the person behind the hot seller:
   were they the same, a join of the bids with the auctions that their bidder sells (q23) would give hundreds
   of rows a bid. */
static inline int64_t person_at(const NexmarkGenerator *generator, int64_t event, int behind) {
    int64_t last = last_person(event), hot_one = hot(last) + behind < last ? hot(last) + behind : last;
    int64_t cool = recent(last, word_of(generator, event, WORD_PERSON), PEOPLE_ACTIVE);
    int64_t is_cool = (word_of(generator, event, WORD_CHOICE) & 3) == 0;
    return FIRST_ID + (is_cool ? cool : hot_one);
}
FILL_INT8(fill_seller, person_at(g, event, 0))
FILL_INT8(fill_bidder, person_at(g, event, 1))

static inline int64_t auction_at(const NexmarkGenerator *generator, int64_t event) {
    int64_t last = last_auction(event);
    int64_t cool = recent(last, word_of(generator, event, WORD_AUCTION), AUCTIONS_IN_FLIGHT);
    int64_t is_cool = word_of(generator, event, WORD_CHOICE) >> 2 & 1;
    return FIRST_ID + (is_cool ? cool : hot(last));
}
FILL_INT8(fill_auction_reference, auction_at(g, event))

static void fill_time(const NexmarkGenerator *generator, const int64_t *events, int count, Column *column) {
    EventClock clock = clock_of(generator);
    int64_t *to = column->values;
    for (int i = 0; i < count; i++)
        to[i] = clock_at(&clock, events[i]);
}

/* Up to twice the time in which the auctions in flight are made. */
static void fill_expires(
    const NexmarkGenerator *generator, const int64_t *events, int count, Column *column) {
    EventClock clock = clock_of(generator);
    int64_t milliseconds =
        (int64_t)AUCTIONS_IN_FLIGHT * NEXMARK_ROUND / AUCTIONS_IN_ROUND * 2000 / generator->event_rate;
    uint32_t span = (uint32_t)(milliseconds < 1 ? 1 : milliseconds);
    int64_t *to = column->values;
    for (int i = 0; i < count; i++)
        to[i] = clock_at(&clock, events[i]) +
                (1 + (int64_t)below(word_of(generator, events[i], WORD_EXPIRES), span)) * 1000;
}

static void fill_price(const NexmarkGenerator *generator, const int64_t *events, int count, Column *column) {
    PriceTable table;
    price_table_fill(&table);
    int64_t *to = column->values;
    for (int i = 0; i < count; i++)
        to[i] = price_of(&table, word_of(generator, events[i], WORD_PRICE));
}

static void fill_reserve(
    const NexmarkGenerator *generator, const int64_t *events, int count, Column *column) {
    PriceTable table;
    price_table_fill(&table);
    int64_t *to = column->values;
    for (int i = 0; i < count; i++)
        to[i] = price_of(&table, word_of(generator, events[i], WORD_PRICE)) +
                price_of(&table, word_of(generator, events[i], WORD_RESERVE));
}

/* Letters. */

/* Eight letters of a word: each byte b becomes 'a' + b · 26 / 256. */
static inline uint64_t letters_of(uint64_t word) {
    const uint64_t low = 0x00ff00ff00ff00ffu;
    uint64_t even = (word & low) * 26 >> 8 & low, odd = (word >> 8 & low) * 26 & ~low;
    return (even | odd) + 0x6161616161616161u;
}

/* Strings of letters of length least + below(span), least > 12. */
typedef struct Letters {
    int first_word;
    int least, span;
} Letters;

static void fill_letters(const NexmarkGenerator *generator, const int64_t *events, int count, Column *column,
    const Letters *letters) {
    size_t width = ((size_t)(letters->least + letters->span) + 7) / 8 * 8;
    char *bytes = column_store(column, width * (size_t)count);
    View *views = column->values;
    size_t used = 0;
    for (int i = 0; i < count; i++) {
        uint32_t length = (uint32_t)letters->least;
        if (letters->span > 0)
            length += below(word_of(generator, events[i], WORD_LENGTH), (uint32_t)letters->span);
        char *to = bytes + used;
        for (uint32_t done = 0; done < length; done += 8) {
            uint64_t word = letters_of(word_of(generator, events[i], letters->first_word + (int)(done / 8)));
            memcpy(to + done, &word, 8);
        }
        views[i] = view_of(to, length);
        used += (length + 7) / 8 * 8;
    }
}

static void fill_item_name(
    const NexmarkGenerator *generator, const int64_t *events, int count, Column *column) {
    fill_letters(generator, events, count, column, &(Letters){WORD_ITEM, NAME_LETTERS, 0});
}
static void fill_description(
    const NexmarkGenerator *generator, const int64_t *events, int count, Column *column) {
    fill_letters(generator, events, count, column, &(Letters){WORD_DESCRIPTION, DESCRIPTION_LETTERS, 0});
}

/* Pads a row of `fixed` bytes to `whole` on average, give or take a fifth of what is missing. */
static void fill_extra(const NexmarkGenerator *generator, const int64_t *events, int count, Column *column,
    int whole, int fixed) {
    int missing = whole - fixed, play = missing / 5;
    fill_letters(generator, events, count, column, &(Letters){WORD_EXTRA, missing - play, 2 * play + 1});
}
static void fill_person_extra(
    const NexmarkGenerator *generator, const int64_t *events, int count, Column *column) {
    fill_extra(generator, events, count, column, PERSON_BYTES, 80);
}
static void fill_auction_extra(
    const NexmarkGenerator *generator, const int64_t *events, int count, Column *column) {
    fill_extra(generator, events, count, column, AUCTION_BYTES, 7 * 8 + NAME_LETTERS + DESCRIPTION_LETTERS);
}
static void fill_bid_extra(
    const NexmarkGenerator *generator, const int64_t *events, int count, Column *column) {
    fill_extra(generator, events, count, column, BID_BYTES, 4 * 8);
}

/* People. */

static const char *const first_names[] = {
    "Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"};
static const char *const last_names[] = {
    "Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"};
static const char *const cities[] = {"Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland", "Bend",
    "Redmond", "Seattle", "Kent", "Cheyenne"};
static const char *const states[] = {"AZ", "CA", "ID", "OR", "WA", "WY"};
#define COUNT(list) ((uint32_t)(sizeof(list) / sizeof *(list)))

static void fill_name(const NexmarkGenerator *generator, const int64_t *events, int count, Column *column) {
    char text[32];
    for (int i = 0; i < count; i++) {
        uint64_t word = word_of(generator, events[i], WORD_NAME);
        const char *first = first_names[below(word, COUNT(first_names))],
                   *last = last_names[below(word >> 32, COUNT(last_names))];
        size_t length = strlen(first), rest = strlen(last);
        memcpy(text, first, length);
        text[length++] = ' ';
        memcpy(text + length, last, rest);
        column_set_bytes(column, i, text, (uint32_t)(length + rest));
    }
}

static void fill_email(const NexmarkGenerator *generator, const int64_t *events, int count, Column *column) {
    char text[24] = {0};
    for (int i = 0; i < count; i++) {
        uint64_t words[2] = {letters_of(word_of(generator, events[i], WORD_EMAIL)),
            letters_of(word_of(generator, events[i], WORD_EMAIL + 1))};
        memcpy(text, words, 16);
        memmove(text + 8, text + 7, 5);
        text[7] = '@';
        memcpy(text + 13, ".com", 4);
        column_set_bytes(column, i, text, 17);
    }
}

static void fill_card(const NexmarkGenerator *generator, const int64_t *events, int count, Column *column) {
    char text[20];
    for (int i = 0; i < count; i++) {
        uint64_t word = word_of(generator, events[i], WORD_CARD);
        for (int at = 0; at < 19; at++)
            if (at % 5 == 4) {
                text[at] = ' ';
            } else {
                text[at] = (char)('0' + word % 10);
                word /= 10;
            }
        column_set_bytes(column, i, text, 19);
    }
}

static void fill_city(const NexmarkGenerator *generator, const int64_t *events, int count, Column *column) {
    for (int i = 0; i < count; i++) {
        const char *city = cities[below(word_of(generator, events[i], WORD_CHOICE) >> 32, COUNT(cities))];
        column_set_bytes(column, i, city, (uint32_t)strlen(city));
    }
}

static void fill_state(const NexmarkGenerator *generator, const int64_t *events, int count, Column *column) {
    for (int i = 0; i < count; i++)
        column_set_bytes(
            column, i, states[below(word_of(generator, events[i], WORD_CHOICE), COUNT(states))], 2);
}

/* Bids. */

static const char *const hot_channels[] = {"Google", "Facebook", "Baidu", "Apple"};
static const char *const hot_urls[] = {"https://www.nexmark.com/ixhk/mdqt/fvhe/item.htm?query=1",
    "https://www.nexmark.com/cbvo/kqsp/yuei/item.htm?query=1",
    "https://www.nexmark.com/tnzr/wgla/ojxd/item.htm?query=1",
    "https://www.nexmark.com/pfmw/ebuy/hrks/item.htm?query=1"};

static inline bool is_hot_channel(uint64_t word) {
    return word & 1;
}
static inline uint32_t hot_channel(uint64_t word) {
    return word >> 1 & 3;
}
/* Writes 0 … 9999 in decimal. */
static inline uint32_t write_channel(uint64_t word, char *to) {
    uint32_t number = below(word >> 32, CHANNELS);
    uint32_t length = 1 + (number > 9) + (number > 99) + (number > 999);
    for (uint32_t at = length; at > 0; number /= 10)
        to[--at] = (char)('0' + number % 10);
    return length;
}

static void fill_channel(
    const NexmarkGenerator *generator, const int64_t *events, int count, Column *column) {
    View *views = column->values;
    View hot_views[4];
    for (int i = 0; i < 4; i++)
        hot_views[i] = view_of(hot_channels[i], (uint32_t)strlen(hot_channels[i]));
    for (int i = 0; i < count; i++) {
        uint64_t word = word_of(generator, events[i], WORD_CHANNEL);
        char text[12] = "channel-";
        View numbered = view_of(text, 8 + write_channel(word, text + 8));
        views[i] = is_hot_channel(word) ? hot_views[hot_channel(word)] : numbered;
    }
}

/* "https://www.nexmark.com/abcde/fghij/klmno/item.htm?query=1&channel_id=1234" in one pattern, the letters
   put in afterwards. */
enum {
    URL_HOST = 24,
    URL_DIRECTORY = 6,
    URL_TAIL = URL_HOST + 3 * URL_DIRECTORY - 1,
    URL_NUMBER = URL_TAIL + 17 + 12,
    URL_WIDTH = 80
};

static void fill_url(const NexmarkGenerator *generator, const int64_t *events, int count, Column *column) {
    static const char pattern[URL_WIDTH] =
        "https://www.nexmark.com/_____/_____/_____/item.htm?query=1&channel_id=";
    View *views = column->values;
    char *bytes = column_store(column, (size_t)URL_WIDTH * (size_t)(count + 4));
    View hot_views[4];
    for (int i = 0; i < 4; i++, bytes += URL_WIDTH) {
        memcpy(bytes, hot_urls[i], strlen(hot_urls[i]));
        hot_views[i] = view_of(bytes, (uint32_t)strlen(hot_urls[i]));
    }
    for (int i = 0; i < count; i++) {
        uint64_t word = word_of(generator, events[i], WORD_CHANNEL);
        if (is_hot_channel(word)) {
            views[i] = hot_views[hot_channel(word)];
            continue;
        }
        char letters[16];
        uint64_t words[2] = {letters_of(word_of(generator, events[i], WORD_DIRECTORIES)),
            letters_of(word_of(generator, events[i], WORD_DIRECTORIES + 1))};
        memcpy(letters, words, 16);
        memcpy(bytes, pattern, URL_WIDTH);
        for (int directory = 0; directory < 3; directory++)
            memcpy(bytes + URL_HOST + directory * URL_DIRECTORY, letters + directory * 5, 5);
        views[i] = view_of(bytes, URL_NUMBER + write_channel(word, bytes + URL_NUMBER));
        bytes += URL_WIDTH;
    }
}

static const NexmarkColumn person_columns[] = {
    {"id", TYPE_INT8, fill_person_id},
    {"name", TYPE_TEXT, fill_name},
    {"email_address", TYPE_TEXT, fill_email},
    {"credit_card", TYPE_TEXT, fill_card},
    {"city", TYPE_TEXT, fill_city},
    {"state", TYPE_TEXT, fill_state},
    {"date_time", TYPE_TIMESTAMP, fill_time},
    {"extra", TYPE_TEXT, fill_person_extra},
    {0},
};

static const NexmarkColumn auction_columns[] = {
    {"id", TYPE_INT8, fill_auction_id},
    {"item_name", TYPE_TEXT, fill_item_name},
    {"description", TYPE_TEXT, fill_description},
    {"initial_bid", TYPE_INT8, fill_price},
    {"reserve", TYPE_INT8, fill_reserve},
    {"date_time", TYPE_TIMESTAMP, fill_time},
    {"expires", TYPE_TIMESTAMP, fill_expires},
    {"seller", TYPE_INT8, fill_seller},
    {"category", TYPE_INT8, fill_category},
    {"extra", TYPE_TEXT, fill_auction_extra},
    {0},
};

static const NexmarkColumn bid_columns[] = {
    {"auction", TYPE_INT8, fill_auction_reference},
    {"bidder", TYPE_INT8, fill_bidder},
    {"price", TYPE_INT8, fill_price},
    {"channel", TYPE_TEXT, fill_channel},
    {"url", TYPE_TEXT, fill_url},
    {"date_time", TYPE_TIMESTAMP, fill_time},
    {"extra", TYPE_TEXT, fill_bid_extra},
    {0},
};

const NexmarkColumn *nexmark_columns(NexmarkKind kind) {
    switch (kind) {
    case NEXMARK_PERSON:
        return person_columns;
    case NEXMARK_AUCTION:
        return auction_columns;
    case NEXMARK_BID:
        return bid_columns;
    }
    return NULL;
}

void nexmark_places(NexmarkKind kind, int *first, int *end) {
    *first = kind == NEXMARK_PERSON ? 0 : kind == NEXMARK_AUCTION ? 1 : 1 + AUCTIONS_IN_ROUND;
    *end = kind == NEXMARK_PERSON ? 1 : kind == NEXMARK_AUCTION ? 1 + AUCTIONS_IN_ROUND : NEXMARK_ROUND;
}
