/*
 * orders.h - orders, and GET /orders/<id>.
 */
#ifndef HTTP_SERVICE_ORDERS_H
#define HTTP_SERVICE_ORDERS_H

#include <stdint.h>

struct request;

#define ORDERS_MAX_ID INT64_C(999999999)

struct order {
    int64_t id;
    const char *item; /* static */
    int64_t cents;
};

void orders_show(struct request *request);

/* Reads an order from the storage. It may take a while: for worker threads. */
struct order orders_read(int64_t id);

#endif
