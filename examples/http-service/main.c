/*
 * main.c - a small shop over HTTP, and a model of how to use Cleat in a program with an event loop and a worker pool.
 *
 * The way of a request: connection.c reads it, request.c binds its fields, router.c chooses a handler (orders.c,
 * charges.c, ...), pool.c takes the slow part to a worker. None of them is handed a logger.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cleat.h>

#include "logging.h"
#include "server.h"

struct options {
    const char *host;
    int port;
    struct logging_options logging;
};

static const char usage[] = "usage: http-service [options]\n"
                            "  --host ADDRESS        IPv4 address to listen on (127.0.0.1)\n"
                            "  --port NUMBER         0: any that is free (8080)\n"
                            "  --log FILE            - is standard output (standard error)\n"
                            "  --log-format FORMAT   json or console (console on a terminal, else json)\n"
                            "  --async               write log lines on a thread of their own\n"
                            "  --no-log              log nothing\n";

static void refuse_options(const char *message)
{
    fprintf(stderr, "http-service: %s\n%s", message, usage);
    exit(2);
}

static int port_number(const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || number < 0 || number > 65535)
        refuse_options("--port wants a number from 0 to 65535");
    return (int)number;
}

static struct options read_options(int argc, char **argv)
{
    static const struct option known[] = {
        {"host", required_argument, NULL, 'h'}, {"port", required_argument, NULL, 'p'},
        {"log", required_argument, NULL, 'l'},  {"log-format", required_argument, NULL, 'f'},
        {"async", no_argument, NULL, 'a'},      {"no-log", no_argument, NULL, 'n'},
        {"help", no_argument, NULL, '?'},       {NULL, 0, NULL, 0},
    };
    struct options options = {.host = "127.0.0.1", .port = 8080};
    int letter;
    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (letter) {
        case 'h':
            options.host = optarg;
            break;
        case 'p':
            options.port = port_number(optarg);
            break;
        case 'l':
            options.logging.path = optarg;
            break;
        case 'f':
            options.logging.format = optarg;
            break;
        case 'a':
            options.logging.async = true;
            break;
        case 'n':
            options.logging.off = true;
            break;
        default:
            fputs(usage, stderr);
            exit(2);
        }
    }
    const char *format = options.logging.format;
    if (format != NULL && strcmp(format, "json") != 0 && strcmp(format, "console") != 0)
        refuse_options("--log-format is json or console");
    return options;
}

/* Where the log goes to standard output nothing else does; its line "listening" has the port too. */
static bool stdout_is_the_log;

static void announce(const char *host, int port)
{
    if (stdout_is_the_log)
        return;
    printf("listening on http://%s:%d\n", host, port);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct options options = read_options(argc, argv);
    if (logging_start(&options.logging) < 0) {
        fprintf(stderr, "http-service: %s\n", cleat_error_message());
        return 1;
    }
    stdout_is_the_log = options.logging.path != NULL && strcmp(options.logging.path, "-") == 0 && !options.logging.off;
    int result = server_run(options.host, options.port, announce);
    logging_end();
    return result == 0 ? 0 : 1;
}
