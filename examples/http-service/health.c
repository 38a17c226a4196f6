#include "health.h"

#include "reply.h"

void health_show(struct request *request)
{
    reply_json(request, 200, "{\"status\":\"ok\"}\n");
}
