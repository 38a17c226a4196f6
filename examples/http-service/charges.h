/*
 * charges.h - POST /charge with the form order=<id>&cents=<amount>.
 */
#ifndef HTTP_SERVICE_CHARGES_H
#define HTTP_SERVICE_CHARGES_H

struct request;

void charges_create(struct request *request);

#endif
