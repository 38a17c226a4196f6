#include "http.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static struct http_parser *owner(llhttp_t *llhttp)
{
    return llhttp->data;
}

/* Makes llhttp stop; http_parse() turns it into HTTP_REFUSED. */
static int refuse(struct http_parser *parser, int status, const char *reason)
{
    parser->refusal_status = status;
    parser->refusal_reason = reason;
    return HPE_USER;
}

/* Adds to a string that has room for `room` bytes and a NUL. False: it does not fit. */
static bool append(char *text, size_t *length, size_t room, const char *at, size_t count)
{
    if (count > room - *length)
        return false;
    memcpy(text + *length, at, count);
    *length += count;
    text[*length] = '\0';
    return true;
}

static int on_url(llhttp_t *llhttp, const char *at, size_t length)
{
    struct http_parser *parser = owner(llhttp);
    struct http_request *request = &parser->request;
    if (!append(request->target, &request->target_length, HTTP_MAX_TARGET, at, length))
        return refuse(parser, 414, "target too long");
    return 0;
}

static int count_header(struct http_parser *parser, size_t length)
{
    parser->header_bytes += length;
    return parser->header_bytes > HTTP_MAX_HEADERS ? refuse(parser, 431, "headers too large") : 0;
}

static int on_header_field(llhttp_t *llhttp, const char *at, size_t length)
{
    struct http_parser *parser = owner(llhttp);
    if (!append(parser->name, &parser->name_length, sizeof(parser->name) - 1, at, length))
        parser->name[0] = '\0';
    return count_header(parser, length);
}

static int on_header_value(llhttp_t *llhttp, const char *at, size_t length)
{
    struct http_parser *parser = owner(llhttp);
    if (!append(parser->value, &parser->value_length, sizeof(parser->value) - 1, at, length))
        parser->name[0] = '\0';
    return count_header(parser, length);
}

/* The id goes into logs, headers and other people's systems: only plain names are taken over. */
static bool is_fit_request_id(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return length > 0 && length <= HTTP_MAX_REQUEST_ID && text[length] == '\0';
}

static int on_header_value_complete(llhttp_t *llhttp)
{
    struct http_parser *parser = owner(llhttp);
    struct http_request *request = &parser->request;
    if (strcasecmp(parser->name, "x-request-id") == 0 && is_fit_request_id(parser->value))
        strcpy(request->request_id, parser->value);
    else if (strcasecmp(parser->name, "traceparent") == 0 && parser->value_length < sizeof(request->traceparent))
        strcpy(request->traceparent, parser->value);
    else if (strcasecmp(parser->name, "expect") == 0 && strcasecmp(parser->value, "100-continue") == 0)
        request->expects_continue = true;
    parser->name_length = parser->value_length = 0;
    parser->name[0] = parser->value[0] = '\0';
    return 0;
}

static int on_headers_complete(llhttp_t *llhttp)
{
    struct http_parser *parser = owner(llhttp);
    parser->request.method = llhttp_method_name((llhttp_method_t)llhttp_get_method(llhttp));
    return 0;
}

static int on_body(llhttp_t *llhttp, const char *at, size_t length)
{
    struct http_parser *parser = owner(llhttp);
    struct http_request *request = &parser->request;
    request->expects_continue = false;
    if (!append(request->body, &request->body_length, HTTP_MAX_BODY, at, length))
        return refuse(parser, 413, "body too large");
    return 0;
}

/* Stops before the next pipelined request: they are answered one after the other. */
static int on_message_complete(llhttp_t *llhttp)
{
    owner(llhttp)->request.keep_alive = llhttp_should_keep_alive(llhttp) && !llhttp_get_upgrade(llhttp);
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* The strings' contents stay: to clear all of the room for each request would cost more than to parse it. */
static void forget_request(struct http_parser *parser)
{
    struct http_request *request = &parser->request;
    request->method = "";
    request->target[0] = request->request_id[0] = request->traceparent[0] = request->body[0] = '\0';
    request->target_length = request->body_length = 0;
    request->expects_continue = request->keep_alive = false;
    parser->name_length = parser->value_length = parser->header_bytes = 0;
}

void http_parser_init(struct http_parser *parser)
{
    forget_request(parser);
    parser->refusal_status = 0;
    parser->name[0] = parser->value[0] = '\0';
    llhttp_init(&parser->llhttp, HTTP_REQUEST, &settings);
    parser->llhttp.data = parser;
}

enum http_progress http_parse(struct http_parser *parser, const char *data, size_t length, size_t *used)
{
    llhttp_errno_t result = llhttp_execute(&parser->llhttp, data, length);
    *used = length;
    if (result == HPE_OK && parser->request.expects_continue) {
        parser->request.expects_continue = false;
        return HTTP_WANTS_GO;
    }
    if (result == HPE_OK)
        return HTTP_WANTS_MORE;
    if (result == HPE_PAUSED) {
        *used = (size_t)(llhttp_get_error_pos(&parser->llhttp) - data);
        return HTTP_COMPLETE;
    }
    if (parser->refusal_status == 0)
        refuse(parser, 400, llhttp_get_error_reason(&parser->llhttp));
    return HTTP_REFUSED;
}

void http_parser_next(struct http_parser *parser)
{
    forget_request(parser);
    llhttp_resume(&parser->llhttp);
}

static const char *reason_phrase(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 400:
        return "Bad Request";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 413:
        return "Content Too Large";
    case 414:
        return "URI Too Long";
    case 422:
        return "Unprocessable Content";
    case 431:
        return "Request Header Fields Too Large";
    case 503:
        return "Service Unavailable";
    default:
        return "Internal Server Error";
    }
}

size_t http_format(const struct http_response *response, char *buffer)
{
    int head = snprintf(buffer, HTTP_MAX_RESPONSE,
                        "HTTP/1.1 %d %s\r\n"
                        "Content-Type: application/json\r\n"
                        "Content-Length: %zu\r\n"
                        "X-Request-Id: %s\r\n"
                        "Connection: %s\r\n"
                        "\r\n",
                        response->status, reason_phrase(response->status), response->body_length, response->request_id,
                        response->keep_alive ? "keep-alive" : "close");
    size_t length = (size_t)head;
    if (!response->head_only) {
        memcpy(buffer + length, response->body, response->body_length);
        length += response->body_length;
    }
    return length;
}
