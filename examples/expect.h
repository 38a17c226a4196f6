/*
 * expect.h - lets an example check what it logged. It is no part of how Cleat is used: read over it.
 */
#ifndef EXAMPLES_EXPECT_H
#define EXAMPLES_EXPECT_H

/* Shows lines as always, and keeps them as JSON for what follows. */
void watch_lines(void);

/* Exactly `count` lines have this event and contain this piece of JSON, such as "\"job\":3"; else it says so. */
void expect_lines(int count, const char *event, const char *piece);

/* For main() to return: 0 if all was as expected, else 1. Lets the log go. */
int expected_all(void);

#endif
