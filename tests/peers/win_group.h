/* Event models are limited to 64 handles a wait: groups of sessions, a thread for each group. */
#ifndef WIN_GROUP_H
#define WIN_GROUP_H

#include "peer.h"

/* Both return false when the session is over. `begin` runs in the group's thread, with the
 * session's event made. */
struct group_model {
    bool (*begin)(struct session *session);
    bool (*ready)(struct session *session);
};

void groups_serve(socket_t listener, const struct group_model *model);

#endif
