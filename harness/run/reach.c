#include "run/reach.h"

#include <string.h>

#include "base/units.h"

bool server_ports_parse(struct server_ports *ports, const char *text)
{
    char first[8];
    uint64_t low, high;
    size_t length = strcspn(text, "-");
    if (length >= sizeof first)
        return false;
    memcpy(first, text, length);
    first[length] = '\0';
    if (!units_parse_count(first, 1, UINT16_MAX, &low))
        return false;
    high = low;
    if (text[length] == '-' && !units_parse_count(text + length + 1, low, UINT16_MAX, &high))
        return false;
    *ports = (struct server_ports){(uint16_t)low, (uint16_t)high, (uint16_t)low};
    return true;
}

uint16_t server_ports_take(struct server_ports *ports)
{
    uint16_t taken = ports->next;
    ports->next = taken == ports->last ? ports->first : (uint16_t)(taken + 1);
    return taken;
}
