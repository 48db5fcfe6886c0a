#include "check.h"
#include "net.h"

#include <string.h>

#ifdef _WIN32
#define NAMED(name)                                                                                \
    {                                                                                              \
        WSA##name, "WSA" #name                                                                     \
    }
#else
#define NAMED(name)                                                                                \
    {                                                                                              \
        name, #name                                                                                \
    }
#endif

/* What sockets report, with any C library: its name is what a reader looks up. */
static void test_errors_are_named(void)
{
    static const struct {
        int code;
        const char *name;
    } cases[] = {
        NAMED(EACCES),       NAMED(EADDRINUSE),   NAMED(EADDRNOTAVAIL), NAMED(EAFNOSUPPORT),
        NAMED(ECONNABORTED), NAMED(ECONNREFUSED), NAMED(ECONNRESET),    NAMED(EHOSTUNREACH),
        NAMED(EINTR),        NAMED(EINVAL),       NAMED(EMFILE),        NAMED(ENETUNREACH),
        NAMED(ENOBUFS),      NAMED(ENOTCONN),     NAMED(ENOTSOCK),      NAMED(ETIMEDOUT),
    };
    char text[256];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        net_error_text(-cases[i].code, text, sizeof text);
        /* A sentence follows, where the system has one (Wine does not for each). */
        text[strcspn(text, ":")] = '\0';
        CHECK_EQ_TEXT(text, cases[i].name);
    }
    net_error_text(-54321, text, sizeof text);
    CHECK(strncmp(text, "error 54321", 11) == 0);
}

int main(void)
{
    test_errors_are_named();
    return check_report();
}
