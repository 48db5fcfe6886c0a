/* What a server prints: its line with the address, then its statistics at both ends of the window. */
#include "base/units.h"
#include "fuzz.h"
#include "run/server_cost.h"

enum { LINES = 3, MESSAGE_BYTES = 64, ECHOES = 1000 };

static struct load_result load = {.echoes = ECHOES,
                                  .messages = ECHOES,
                                  .bytes = ECHOES * MESSAGE_BYTES,
                                  .sent_bytes = 2 * ECHOES * MESSAGE_BYTES};
static struct generator generator = {.index = 1, .count = 1};
static struct run_settings settings = {.generator = &generator, .server_cpu_count = 2};
static struct target target = {.name = "t"};
static struct workload workload = {.message_bytes = MESSAGE_BYTES};

static void address_read(const char *line)
{
    char text[NET_ADDRESS_TEXT], port[8], again[NET_ADDRESS_TEXT];
    uint64_t number;
    struct net_address address;
    if (!target_line_text(line, "address", text, sizeof text) ||
        !target_line_text(line, "port", port, sizeof port) ||
        !units_parse_count(port, 1, UINT16_MAX, &number) ||
        !net_address_parse(&address, text, (uint16_t)number))
        return;
    struct net_address reachable = net_address_reachable(&address);
    FUZZ_HOLDS(net_address_port(&reachable) == number);
    net_address_format(&address, text, sizeof text);
    FUZZ_HOLDS(net_address_parse(&reachable, text, (uint16_t)number));
    FUZZ_HOLDS(strcmp(net_address_format(&reachable, again, sizeof again), text) == 0);
}

/* Whatever the statistics are, what the row has can be read again from a file. */
static void row_check(const struct row *row)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        const struct column *column = &row_columns[i];
        double number = column_number(row, column);
        FUZZ_HOLDS(!number_is_known(number) || (number >= column->low && number <= column->high));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct evidence evidence;
    static struct row row;
    char *text = fuzz_text(data, size), *rest = text, *lines[LINES];
    for (size_t i = 0; i < LINES; i++)
        lines[i] = fuzz_line(&rest);
    if (lines[LINES - 1] != NULL) {
        address_read(lines[0]);
        evidence.settings = &settings;
        evidence.target = &target;
        evidence.workload = &workload;
        evidence.load = &load;
        evidence.has_statistics = true;
        evidence.moments[0].at_ns = 1;
        evidence.moments[1].at_ns = 1 + UINT64_C(1000000000);
        for (size_t i = 0; i < 2; i++)
            snprintf(evidence.statistics[i], TARGET_LINE_BYTES, "%s", lines[i + 1]);
        row_clear(&row);
        row.message_bytes = MESSAGE_BYTES;
        row.cpu_count = 2;
        row.client_cpu_s = row.client_cpu_load = 0.5;
        server_cost_fill(&row, &evidence);
        row_round(&row);
        row_check(&row);
    }
    free(text);
    return 0;
}
