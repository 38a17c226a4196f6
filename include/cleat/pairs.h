/*
 * pairs.h - the macros that turn `"key", value, "key", value` into fields, and count them while compiling.
 *
 * Nothing here is called by a program; the public macros of the other headers are made of it. Up to 32 pairs
 * fit in one call; for more, or for a number known only at run time, pass an array of cleat_field.
 */
#ifndef CLEAT_PAIRS_H
#define CLEAT_PAIRS_H

#include <cleat/value.h>

#ifdef __cplusplus
#include <initializer_list>
#define CLEAT__STATIC_ASSERT static_assert
#else
#define CLEAT__STATIC_ASSERT _Static_assert
#endif

#define CLEAT__CAT(a, b) CLEAT__CAT_(a, b)
#define CLEAT__CAT_(a, b) a##b

/* A string, or a compiler error. */
#ifdef __cplusplus
static inline const char *cleat__key(const char *key) { return key; }
#define CLEAT__STRING(x) cleat__key(x)
#else
#define CLEAT__STRING(x) _Generic((x), char *: (x), const char *: (x))
#endif

/* One pair as a cleat_field. */
#define CLEAT__FIELD(key, value) {CLEAT__STRING(key), CLEAT_VALUE(value)}

/* x if it is a literal, else a null pointer: decided while compiling, even without optimisation. */
#define CLEAT__LITERAL(x) (__builtin_constant_p(x) ? (x) : 0)

/* The number of arguments, 1 to 66. */
#define CLEAT__COUNT(...) CLEAT__COUNT_(__VA_ARGS__, 66, 65, 64, 63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define CLEAT__COUNT_(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59, a60, a61, a62, a63, a64, a65, a66, n, ...) n

/* apply(key, value) for each pair, separated by commas. */
#define CLEAT__PAIRS(apply, ...) CLEAT__CAT(CLEAT__PAIRS_, CLEAT__COUNT(__VA_ARGS__))(apply, __VA_ARGS__)
#define CLEAT__PAIRS_2(apply, k, v) apply(k, v)
#define CLEAT__PAIRS_4(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_2(apply, __VA_ARGS__)
#define CLEAT__PAIRS_6(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_4(apply, __VA_ARGS__)
#define CLEAT__PAIRS_8(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_6(apply, __VA_ARGS__)
#define CLEAT__PAIRS_10(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_8(apply, __VA_ARGS__)
#define CLEAT__PAIRS_12(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_10(apply, __VA_ARGS__)
#define CLEAT__PAIRS_14(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_12(apply, __VA_ARGS__)
#define CLEAT__PAIRS_16(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_14(apply, __VA_ARGS__)
#define CLEAT__PAIRS_18(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_16(apply, __VA_ARGS__)
#define CLEAT__PAIRS_20(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_18(apply, __VA_ARGS__)
#define CLEAT__PAIRS_22(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_20(apply, __VA_ARGS__)
#define CLEAT__PAIRS_24(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_22(apply, __VA_ARGS__)
#define CLEAT__PAIRS_26(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_24(apply, __VA_ARGS__)
#define CLEAT__PAIRS_28(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_26(apply, __VA_ARGS__)
#define CLEAT__PAIRS_30(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_28(apply, __VA_ARGS__)
#define CLEAT__PAIRS_32(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_30(apply, __VA_ARGS__)
#define CLEAT__PAIRS_34(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_32(apply, __VA_ARGS__)
#define CLEAT__PAIRS_36(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_34(apply, __VA_ARGS__)
#define CLEAT__PAIRS_38(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_36(apply, __VA_ARGS__)
#define CLEAT__PAIRS_40(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_38(apply, __VA_ARGS__)
#define CLEAT__PAIRS_42(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_40(apply, __VA_ARGS__)
#define CLEAT__PAIRS_44(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_42(apply, __VA_ARGS__)
#define CLEAT__PAIRS_46(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_44(apply, __VA_ARGS__)
#define CLEAT__PAIRS_48(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_46(apply, __VA_ARGS__)
#define CLEAT__PAIRS_50(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_48(apply, __VA_ARGS__)
#define CLEAT__PAIRS_52(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_50(apply, __VA_ARGS__)
#define CLEAT__PAIRS_54(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_52(apply, __VA_ARGS__)
#define CLEAT__PAIRS_56(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_54(apply, __VA_ARGS__)
#define CLEAT__PAIRS_58(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_56(apply, __VA_ARGS__)
#define CLEAT__PAIRS_60(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_58(apply, __VA_ARGS__)
#define CLEAT__PAIRS_62(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_60(apply, __VA_ARGS__)
#define CLEAT__PAIRS_64(apply, k, v, ...) apply(k, v), CLEAT__PAIRS_62(apply, __VA_ARGS__)

/* first(a), then apply(key, value) for each pair that follows. */
#define CLEAT__CALL(first, apply, ...) CLEAT__CAT(CLEAT__CALL_, CLEAT__COUNT(__VA_ARGS__))(first, apply, __VA_ARGS__)
#define CLEAT__CALL_1(first, apply, a) first(a)
#define CLEAT__CALL_3(first, apply, a, ...) first(a), CLEAT__PAIRS_2(apply, __VA_ARGS__)
#define CLEAT__CALL_5(first, apply, a, ...) first(a), CLEAT__PAIRS_4(apply, __VA_ARGS__)
#define CLEAT__CALL_7(first, apply, a, ...) first(a), CLEAT__PAIRS_6(apply, __VA_ARGS__)
#define CLEAT__CALL_9(first, apply, a, ...) first(a), CLEAT__PAIRS_8(apply, __VA_ARGS__)
#define CLEAT__CALL_11(first, apply, a, ...) first(a), CLEAT__PAIRS_10(apply, __VA_ARGS__)
#define CLEAT__CALL_13(first, apply, a, ...) first(a), CLEAT__PAIRS_12(apply, __VA_ARGS__)
#define CLEAT__CALL_15(first, apply, a, ...) first(a), CLEAT__PAIRS_14(apply, __VA_ARGS__)
#define CLEAT__CALL_17(first, apply, a, ...) first(a), CLEAT__PAIRS_16(apply, __VA_ARGS__)
#define CLEAT__CALL_19(first, apply, a, ...) first(a), CLEAT__PAIRS_18(apply, __VA_ARGS__)
#define CLEAT__CALL_21(first, apply, a, ...) first(a), CLEAT__PAIRS_20(apply, __VA_ARGS__)
#define CLEAT__CALL_23(first, apply, a, ...) first(a), CLEAT__PAIRS_22(apply, __VA_ARGS__)
#define CLEAT__CALL_25(first, apply, a, ...) first(a), CLEAT__PAIRS_24(apply, __VA_ARGS__)
#define CLEAT__CALL_27(first, apply, a, ...) first(a), CLEAT__PAIRS_26(apply, __VA_ARGS__)
#define CLEAT__CALL_29(first, apply, a, ...) first(a), CLEAT__PAIRS_28(apply, __VA_ARGS__)
#define CLEAT__CALL_31(first, apply, a, ...) first(a), CLEAT__PAIRS_30(apply, __VA_ARGS__)
#define CLEAT__CALL_33(first, apply, a, ...) first(a), CLEAT__PAIRS_32(apply, __VA_ARGS__)
#define CLEAT__CALL_35(first, apply, a, ...) first(a), CLEAT__PAIRS_34(apply, __VA_ARGS__)
#define CLEAT__CALL_37(first, apply, a, ...) first(a), CLEAT__PAIRS_36(apply, __VA_ARGS__)
#define CLEAT__CALL_39(first, apply, a, ...) first(a), CLEAT__PAIRS_38(apply, __VA_ARGS__)
#define CLEAT__CALL_41(first, apply, a, ...) first(a), CLEAT__PAIRS_40(apply, __VA_ARGS__)
#define CLEAT__CALL_43(first, apply, a, ...) first(a), CLEAT__PAIRS_42(apply, __VA_ARGS__)
#define CLEAT__CALL_45(first, apply, a, ...) first(a), CLEAT__PAIRS_44(apply, __VA_ARGS__)
#define CLEAT__CALL_47(first, apply, a, ...) first(a), CLEAT__PAIRS_46(apply, __VA_ARGS__)
#define CLEAT__CALL_49(first, apply, a, ...) first(a), CLEAT__PAIRS_48(apply, __VA_ARGS__)
#define CLEAT__CALL_51(first, apply, a, ...) first(a), CLEAT__PAIRS_50(apply, __VA_ARGS__)
#define CLEAT__CALL_53(first, apply, a, ...) first(a), CLEAT__PAIRS_52(apply, __VA_ARGS__)
#define CLEAT__CALL_55(first, apply, a, ...) first(a), CLEAT__PAIRS_54(apply, __VA_ARGS__)
#define CLEAT__CALL_57(first, apply, a, ...) first(a), CLEAT__PAIRS_56(apply, __VA_ARGS__)
#define CLEAT__CALL_59(first, apply, a, ...) first(a), CLEAT__PAIRS_58(apply, __VA_ARGS__)
#define CLEAT__CALL_61(first, apply, a, ...) first(a), CLEAT__PAIRS_60(apply, __VA_ARGS__)
#define CLEAT__CALL_63(first, apply, a, ...) first(a), CLEAT__PAIRS_62(apply, __VA_ARGS__)
#define CLEAT__CALL_65(first, apply, a, ...) first(a), CLEAT__PAIRS_64(apply, __VA_ARGS__)

/* apply(a) for each argument, separated by commas. */
#define CLEAT__EACH(apply, ...) CLEAT__CAT(CLEAT__EACH_, CLEAT__COUNT(__VA_ARGS__))(apply, __VA_ARGS__)
#define CLEAT__EACH_1(apply, a) apply(a)
#define CLEAT__EACH_2(apply, a, ...) apply(a), CLEAT__EACH_1(apply, __VA_ARGS__)
#define CLEAT__EACH_3(apply, a, ...) apply(a), CLEAT__EACH_2(apply, __VA_ARGS__)
#define CLEAT__EACH_4(apply, a, ...) apply(a), CLEAT__EACH_3(apply, __VA_ARGS__)
#define CLEAT__EACH_5(apply, a, ...) apply(a), CLEAT__EACH_4(apply, __VA_ARGS__)
#define CLEAT__EACH_6(apply, a, ...) apply(a), CLEAT__EACH_5(apply, __VA_ARGS__)
#define CLEAT__EACH_7(apply, a, ...) apply(a), CLEAT__EACH_6(apply, __VA_ARGS__)
#define CLEAT__EACH_8(apply, a, ...) apply(a), CLEAT__EACH_7(apply, __VA_ARGS__)
#define CLEAT__EACH_9(apply, a, ...) apply(a), CLEAT__EACH_8(apply, __VA_ARGS__)
#define CLEAT__EACH_10(apply, a, ...) apply(a), CLEAT__EACH_9(apply, __VA_ARGS__)
#define CLEAT__EACH_11(apply, a, ...) apply(a), CLEAT__EACH_10(apply, __VA_ARGS__)
#define CLEAT__EACH_12(apply, a, ...) apply(a), CLEAT__EACH_11(apply, __VA_ARGS__)
#define CLEAT__EACH_13(apply, a, ...) apply(a), CLEAT__EACH_12(apply, __VA_ARGS__)
#define CLEAT__EACH_14(apply, a, ...) apply(a), CLEAT__EACH_13(apply, __VA_ARGS__)
#define CLEAT__EACH_15(apply, a, ...) apply(a), CLEAT__EACH_14(apply, __VA_ARGS__)
#define CLEAT__EACH_16(apply, a, ...) apply(a), CLEAT__EACH_15(apply, __VA_ARGS__)
#define CLEAT__EACH_17(apply, a, ...) apply(a), CLEAT__EACH_16(apply, __VA_ARGS__)
#define CLEAT__EACH_18(apply, a, ...) apply(a), CLEAT__EACH_17(apply, __VA_ARGS__)
#define CLEAT__EACH_19(apply, a, ...) apply(a), CLEAT__EACH_18(apply, __VA_ARGS__)
#define CLEAT__EACH_20(apply, a, ...) apply(a), CLEAT__EACH_19(apply, __VA_ARGS__)
#define CLEAT__EACH_21(apply, a, ...) apply(a), CLEAT__EACH_20(apply, __VA_ARGS__)
#define CLEAT__EACH_22(apply, a, ...) apply(a), CLEAT__EACH_21(apply, __VA_ARGS__)
#define CLEAT__EACH_23(apply, a, ...) apply(a), CLEAT__EACH_22(apply, __VA_ARGS__)
#define CLEAT__EACH_24(apply, a, ...) apply(a), CLEAT__EACH_23(apply, __VA_ARGS__)
#define CLEAT__EACH_25(apply, a, ...) apply(a), CLEAT__EACH_24(apply, __VA_ARGS__)
#define CLEAT__EACH_26(apply, a, ...) apply(a), CLEAT__EACH_25(apply, __VA_ARGS__)
#define CLEAT__EACH_27(apply, a, ...) apply(a), CLEAT__EACH_26(apply, __VA_ARGS__)
#define CLEAT__EACH_28(apply, a, ...) apply(a), CLEAT__EACH_27(apply, __VA_ARGS__)
#define CLEAT__EACH_29(apply, a, ...) apply(a), CLEAT__EACH_28(apply, __VA_ARGS__)
#define CLEAT__EACH_30(apply, a, ...) apply(a), CLEAT__EACH_29(apply, __VA_ARGS__)
#define CLEAT__EACH_31(apply, a, ...) apply(a), CLEAT__EACH_30(apply, __VA_ARGS__)
#define CLEAT__EACH_32(apply, a, ...) apply(a), CLEAT__EACH_31(apply, __VA_ARGS__)

/* An odd number of arguments where pairs are wanted: the sentence below is what the compiler shows. */
#define CLEAT__REQUIRE_PAIRS(n) \
    CLEAT__STATIC_ASSERT((n) % 2 == 0, "cleat: keys and values come in pairs; a key is missing its value")

/* The same where only an expression may stand; its value is 0. */
#ifdef __cplusplus
template <bool> struct cleat__pairs_complete;
template <> struct cleat__pairs_complete<true> { static const unsigned zero = 0; };
#define CLEAT__PAIRS_COMPLETE(n) (cleat__pairs_complete<(n) % 2 == 0>::zero)
#else
#define CLEAT__PAIRS_COMPLETE(n) \
    (0U * (unsigned)sizeof(struct { CLEAT__REQUIRE_PAIRS(n); int unused; }))
#endif

/* Pairs as two arguments, `const cleat_field *, size_t`, that live until the end of the enclosing block (C) or
   of the full expression (C++). */
#ifdef __cplusplus
#define CLEAT__FIELDS(...) \
    std::initializer_list<cleat_field>{CLEAT__PAIRS(CLEAT__FIELD, __VA_ARGS__)}.begin(), \
        (CLEAT__COUNT(__VA_ARGS__) / 2 + CLEAT__PAIRS_COMPLETE(CLEAT__COUNT(__VA_ARGS__)))
#define CLEAT__STRINGS(...) \
    std::initializer_list<const char *>{CLEAT__EACH(CLEAT__STRING, __VA_ARGS__)}.begin(), CLEAT__COUNT(__VA_ARGS__)
#else
#define CLEAT__FIELDS(...) \
    (const cleat_field[]){CLEAT__PAIRS(CLEAT__FIELD, __VA_ARGS__)}, \
        (CLEAT__COUNT(__VA_ARGS__) / 2 + CLEAT__PAIRS_COMPLETE(CLEAT__COUNT(__VA_ARGS__)))
#define CLEAT__STRINGS(...) \
    (const char *const[]){CLEAT__EACH(CLEAT__STRING, __VA_ARGS__)}, CLEAT__COUNT(__VA_ARGS__)
#endif

/* A key, and what is worked out from it once. In a log or bind statement: its text when it is a literal. */
typedef struct cleat_key {
    const char *text;   /* NULL: not a literal */
    uint32_t length;    /* private */
    uint32_t hash;      /* private */
    bool plain;         /* private: no renderer needs to quote or escape it */
    uint16_t number;    /* private: that of a key which the library keeps for ever, with its text; 0: not kept */
    const char *quoted; /* private: of a kept key: with its quotes and colon, as in JSON; else NULL */
} cleat_key;

/* The key of a pair, to be worked out. */
#define CLEAT__SITE_KEY(key, value) {CLEAT__LITERAL(key), 0, 0, false, 0, 0}

/* What is known of the keys of one bind statement. The bind macros make it. Private. */
struct cleat__bind_site {
    cleat_key *keys;
    int ready;        /* what follows has been worked out */
    bool known;       /* the library keeps all of the keys, and none comes twice */
    uint64_t mask[4]; /* a Bloom filter of the keys */
};

/* The record of a bind statement. In C++, where one may stand outside of all functions, there is none. */
#ifdef __cplusplus
#define CLEAT__BIND_SITE(...) nullptr
#else
#define CLEAT__BIND_SITE(...) \
    __extension__({ \
        static cleat_key cleat__keys[] = {CLEAT__PAIRS(CLEAT__SITE_KEY, __VA_ARGS__)}; \
        static struct cleat__bind_site cleat__site = {cleat__keys, 0, false, {0, 0, 0, 0}}; \
        &cleat__site; \
    })
#endif

/*
 * A list value from expressions, and an object value from pairs: `cleat_list(1, "two", 3.0)`,
 * `cleat_object("x", 1, "y", cleat_list(2, 3))`. At least one element; for none, cleat_list_n(NULL, 0).
 *
 * Owns:    the elements live until the end of the enclosing block (C) or full expression (C++).
 * Safe:    threads, fork, signals.
 * Example: cleat_info(log, "moved", "to", cleat_object("x", 1, "y", 2), "path", cleat_list("a", "b"));
 */
#ifdef __cplusplus
#define cleat_list(...) \
    cleat_list_n(std::initializer_list<cleat_value>{CLEAT__EACH(CLEAT_VALUE, __VA_ARGS__)}.begin(), CLEAT__COUNT(__VA_ARGS__))
#else
#define cleat_list(...) cleat_list_n((const cleat_value[]){CLEAT__EACH(CLEAT_VALUE, __VA_ARGS__)}, CLEAT__COUNT(__VA_ARGS__))
#endif
#define cleat_object(...) cleat_object_n(CLEAT__FIELDS(__VA_ARGS__))

#endif
