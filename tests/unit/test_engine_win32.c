/* What the load generator and the lessons ask of Windows, seen by functions that stand in for its. */
#include "check.h"
#include "clock.h"
#include "load/engine.h"
#include "model.h"
#include "stand_in.h"

#include <stdlib.h>

enum { RUN_NS = 10 * 1000 * 1000, HONOUR = 0, IGNORE_TIMER_RESOLUTION = 4 };
static const uint64_t HANG_NS = UINT64_C(60000000000);

static bool layered; /* sockets are none of the system's own handles */
static unsigned modes_set;
static bool refused; /* as by Windows 10, which does not know what it is asked for */
static unsigned asked_count;
static PROCESS_POWER_THROTTLING_STATE asked;

STAND_IN(int, getsockopt, (SOCKET socket, int level, int option, char *value, int *length))
{
    int result = REAL(getsockopt)(socket, level, option, value, length);
    if (result == 0 && level == SOL_SOCKET && option == SO_PROTOCOL_INFOW && layered)
        ((WSAPROTOCOL_INFOW *)(void *)value)->dwServiceFlags1 &= ~(DWORD)XP1_IFS_HANDLES;
    return result;
}

STAND_IN(BOOL, SetFileCompletionNotificationModes, (HANDLE file, UCHAR flags))
{
    modes_set++;
    return REAL(SetFileCompletionNotificationModes)(file, flags);
}

STAND_IN(BOOL, SetProcessInformation,
         (HANDLE process, PROCESS_INFORMATION_CLASS which, LPVOID value, DWORD size))
{
    if (process == GetCurrentProcess() && which == ProcessPowerThrottling && size == sizeof asked) {
        asked_count++;
        memcpy(&asked, value, sizeof asked);
    }
    return refused ? FALSE : REAL(SetProcessInformation)(process, which, value, size);
}

/* ---- a client of the engine ---- */

static const uint8_t message[64] = "there and back";
static bool connected;
static int64_t returned; /* bytes, or a negative error */

static void on_connected(void *context, struct engine_connection *connection, int error)
{
    CHECK(context == &connected && connection->open);
    CHECK(!connected); /* a completion that comes twice would say so twice */
    connected = true;
    returned = error;
}

static void on_received(void *context, struct engine_connection *connection, const uint8_t *data,
                        int64_t count)
{
    CHECK(context == &connected && connection->open);
    CHECK(count > 0 && memcmp(data, message + returned, (size_t)count) == 0);
    returned = count > 0 ? returned + count : count;
}

static void on_writable(void *context, struct engine_connection *connection)
{
    (void)context;
    (void)connection;
}

static struct engine *engine_start(void)
{
    static const struct engine_callbacks callbacks = {
        .connected = on_connected, .received = on_received, .writable = on_writable};
    int error = 0;
    struct engine *engine = engine_open(&callbacks, &connected, 1, sizeof message, &error);
    if (engine == NULL)
        abort();
    connected = false;
    returned = 0;
    return engine;
}

/* The other end, once the whole message has come back to it; the caller's. */
static net_socket served_once(net_socket listener)
{
    char buffer[sizeof message];
    net_received got = 0, count = 1;
    net_socket peer = accept(listener, NULL, NULL);
    if (peer == NET_SOCKET_NONE)
        abort();
    for (; got < (net_received)sizeof buffer && count > 0; got += count)
        count = recv(peer, buffer + got, (net_length)sizeof buffer - got, 0);
    CHECK(send(peer, buffer, sizeof buffer, 0) == (net_received)sizeof buffer);
    return peer;
}

/* One message there and back. */
static void check_echo(struct engine *engine)
{
    struct net_address address;
    net_socket listener;
    const char *call;
    struct engine_connection client = {.id = 0};
    if (!net_address_parse(&address, "127.0.0.1", 0) ||
        net_listen(&listener, &address, 1, &call) != 0 ||
        engine_connect(engine, &client, &address, NULL, true) != 0)
        abort();
    uint64_t begun_ns = clock_now_ns();
    while (!connected && clock_now_ns() - begun_ns < HANG_NS)
        CHECK(engine_run(engine, RUN_NS) == 0);
    CHECK(connected && returned == 0);
    CHECK(engine_send(engine, &client, message, sizeof message) == (int64_t)sizeof message);
    net_socket peer = served_once(listener);
    while (returned >= 0 && returned < (int64_t)sizeof message &&
           clock_now_ns() - begun_ns < HANG_NS)
        CHECK(engine_run(engine, RUN_NS) == 0);
    CHECK(returned == (int64_t)sizeof message);
    engine_close(engine, &client, false);
    net_close(peer);
    net_close(listener);
}

/* ---- the tests ---- */

static const char *reason(const char *model)
{
    static char text[64];
    return model_unavailable(model_find(model), text, sizeof text);
}

static void test_layered_provider(void)
{
    for (int i = 0; i < 2; i++) {
        layered = i != 0;
        modes_set = 0;
        struct engine *engine = engine_start();
        check_echo(engine);
        engine_free(engine);
        CHECK((modes_set == 0) == layered);
        CHECK((reason("iocp_inline") != NULL) == layered);
        CHECK((reason("iocp_unbounded_inline") != NULL) == layered);
        CHECK(reason("iocp") == NULL); /* it sets no such mode */
    }
    layered = false;
}

static void test_precise_waits(void)
{
    for (int i = 0; i < 2; i++) {
        refused = i != 0;
        asked_count = 0;
        struct engine *engine = engine_start();
        CHECK_EQ_U64(asked_count, 0);
        engine_wait_precisely(engine);
        CHECK_EQ_U64(asked_count, 1);
        CHECK_EQ_U64(asked.Version, PROCESS_POWER_THROTTLING_CURRENT_VERSION);
        CHECK_EQ_U64(asked.ControlMask, IGNORE_TIMER_RESOLUTION);
        CHECK_EQ_U64(asked.StateMask, HONOUR);
        check_echo(engine);
        engine_free(engine);
    }
    refused = false;
}

int main(void)
{
    if (net_startup() != 0)
        abort();
    test_layered_provider();
    test_precise_waits();
    net_cleanup();
    return check_report();
}
