#include "peer.h"

const char peer_model[] = "wsaasyncselect";

/* Socket handles are small multiples of four. */
enum { MESSAGE = WM_APP, HANDLES = 1 << 18 };

static struct session *by_handle[HANDLES];

static void accept_all(socket_t listener, HWND window)
{
    struct session *session;
    while ((session = session_accept(listener, true))) {
        if (session->socket >> 2 >= HANDLES ||
            WSAAsyncSelect(session->socket, window, MESSAGE, FD_READ | FD_WRITE | FD_CLOSE) != 0) {
            session_close(session);
            continue;
        }
        by_handle[session->socket >> 2] = session;
    }
}

void peer_serve(socket_t listener)
{
    /* Message-only: needs no display. */
    HWND window = CreateWindowExW(0, L"STATIC", L"", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
    if (!window || WSAAsyncSelect(listener, window, MESSAGE, FD_ACCEPT) != 0)
        peer_fail("WSAAsyncSelect");
    MSG message;
    while (GetMessageW(&message, NULL, 0, 0) > 0) {
        if (message.message != MESSAGE) {
            DispatchMessageW(&message);
            continue;
        }
        socket_t sock = message.wParam;
        if (sock == listener) {
            accept_all(listener, window);
            continue;
        }
        /* Messages outlive their socket in the queue. One that meets a new session with the same
         * handle does no harm: there is just nothing to receive. */
        struct session *session = sock >> 2 < HANDLES ? by_handle[sock >> 2] : NULL;
        if (session && !session_notified(session, WSAGETSELECTEVENT(message.lParam))) {
            by_handle[sock >> 2] = NULL;
            session_close(session);
        }
    }
}
