#include <cleat.h>
#include <fcntl.h>

static void charge_account(int cents)
{
    cleat_info(NULL, "account charged", "cents", cents); /* no logger, no request id passed in */
    if (open("/receipts/latest", O_RDONLY) < 0)
        cleat_exception(NULL, "receipt not found", "path", "/receipts/latest");
}

int main(void)
{
    CLEAT_BOUND_CONTEXTVARS("request_id", "r-5f1c", "user_id", "u-7781") {
        cleat_info(NULL, "request received", "method", "POST", "path", "/pay");
        charge_account(4200);
    }
    cleat_logger *queue = cleat_bind(NULL, "queue", "mail");
    cleat_warning(queue, "queue is long", "jobs", 128, "load", 0.93);
    cleat_unref(queue);
}
