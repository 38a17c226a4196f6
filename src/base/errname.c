#include "base/errname.h"

#include <errno.h>
#include <string.h>

#include "base/number.h"

/*
 * By number. Where two names have one number, the table has that which strerrorname_np(3) gives: EAGAIN for
 * EWOULDBLOCK, EDEADLK for EDEADLOCK, EOPNOTSUPP for ENOTSUP.
 */
#define NAME(macro) [macro] = #macro
static const char *const names[] = {
    /* POSIX */
    NAME(E2BIG),        NAME(EACCES),
    NAME(EADDRINUSE),   NAME(EADDRNOTAVAIL),
    NAME(EAFNOSUPPORT), NAME(EAGAIN),
    NAME(EALREADY),     NAME(EBADF),
    NAME(EBADMSG),      NAME(EBUSY),
    NAME(ECANCELED),    NAME(ECHILD),
    NAME(ECONNABORTED), NAME(ECONNREFUSED),
    NAME(ECONNRESET),   NAME(EDEADLK),
    NAME(EDESTADDRREQ), NAME(EDOM),
    NAME(EDQUOT),       NAME(EEXIST),
    NAME(EFAULT),       NAME(EFBIG),
    NAME(EHOSTUNREACH), NAME(EIDRM),
    NAME(EILSEQ),       NAME(EINPROGRESS),
    NAME(EINTR),        NAME(EINVAL),
    NAME(EIO),          NAME(EISCONN),
    NAME(EISDIR),       NAME(ELOOP),
    NAME(EMFILE),       NAME(EMLINK),
    NAME(EMSGSIZE),     NAME(EMULTIHOP),
    NAME(ENAMETOOLONG), NAME(ENETDOWN),
    NAME(ENETRESET),    NAME(ENETUNREACH),
    NAME(ENFILE),       NAME(ENOBUFS),
    NAME(ENODEV),       NAME(ENOENT),
    NAME(ENOEXEC),      NAME(ENOLCK),
    NAME(ENOLINK),      NAME(ENOMEM),
    NAME(ENOMSG),       NAME(ENOPROTOOPT),
    NAME(ENOSPC),       NAME(ENOSYS),
    NAME(ENOTCONN),     NAME(ENOTDIR),
    NAME(ENOTEMPTY),    NAME(ENOTRECOVERABLE),
    NAME(ENOTSOCK),     NAME(ENOTTY),
    NAME(ENXIO),        NAME(EOPNOTSUPP),
    NAME(EOVERFLOW),    NAME(EOWNERDEAD),
    NAME(EPERM),        NAME(EPIPE),
    NAME(EPROTO),       NAME(EPROTONOSUPPORT),
    NAME(EPROTOTYPE),   NAME(ERANGE),
    NAME(EROFS),        NAME(ESPIPE),
    NAME(ESRCH),        NAME(ESTALE),
    NAME(ETIMEDOUT),    NAME(ETXTBSY),
    NAME(EXDEV),
#if EWOULDBLOCK != EAGAIN
    NAME(EWOULDBLOCK),
#endif
#if ENOTSUP != EOPNOTSUPP
    NAME(ENOTSUP),
#endif
#ifdef __linux__
    NAME(EADV),         NAME(EBADE),
    NAME(EBADFD),       NAME(EBADR),
    NAME(EBADRQC),      NAME(EBADSLT),
    NAME(EBFONT),       NAME(ECHRNG),
    NAME(ECOMM),        NAME(EDOTDOT),
    NAME(EHOSTDOWN),    NAME(EHWPOISON),
    NAME(EISNAM),       NAME(EKEYEXPIRED),
    NAME(EKEYREJECTED), NAME(EKEYREVOKED),
    NAME(EL2HLT),       NAME(EL2NSYNC),
    NAME(EL3HLT),       NAME(EL3RST),
    NAME(ELIBACC),      NAME(ELIBBAD),
    NAME(ELIBEXEC),     NAME(ELIBMAX),
    NAME(ELIBSCN),      NAME(ELNRNG),
    NAME(EMEDIUMTYPE),  NAME(ENAVAIL),
    NAME(ENOANO),       NAME(ENOCSI),
    NAME(ENODATA),      NAME(ENOKEY),
    NAME(ENOMEDIUM),    NAME(ENONET),
    NAME(ENOPKG),       NAME(ENOSR),
    NAME(ENOSTR),       NAME(ENOTBLK),
    NAME(ENOTNAM),      NAME(ENOTUNIQ),
    NAME(EPFNOSUPPORT), NAME(EREMCHG),
    NAME(EREMOTE),      NAME(EREMOTEIO),
    NAME(ERESTART),     NAME(ERFKILL),
    NAME(ESHUTDOWN),    NAME(ESOCKTNOSUPPORT),
    NAME(ESRMNT),       NAME(ESTRPIPE),
    NAME(ETIME),        NAME(ETOOMANYREFS),
    NAME(EUCLEAN),      NAME(EUNATCH),
    NAME(EUSERS),       NAME(EXFULL),
#if EDEADLOCK != EDEADLK
    NAME(EDEADLOCK),
#endif
#endif
};

const char *cleat__errno_name(int number)
{
    if (number < 0 || (size_t)number >= sizeof(names) / sizeof(names[0]))
        return NULL;
    return names[number];
}

/* The message of 0 or of a number that has a name. In glibc strerror_r() looks for a translation, under locks that a
   signal handler or the child of a fork may find taken: the description that is not translated is free of that. */
static const char *describe(int number, char *buffer, size_t size)
{
#ifdef __GLIBC__
#if __GLIBC_PREREQ(2, 32)
    (void)buffer;
    (void)size;
    return strerrordesc_np(number);
#else
    return strerror_r(number, buffer, size);
#endif
#else
    return strerror_r(number, buffer, size) == 0 ? buffer : NULL;
#endif
}

const char *cleat__errno_message(int number, char *buffer, size_t size)
{
    char own[128];
    const char *text = NULL;
    if (number == 0 || cleat__errno_name(number) != NULL)
        text = describe(number, own, sizeof(own));
    if (text == NULL) {
        memcpy(own, "Unknown error ", 14);
        *cleat__write_signed(own + 14, number) = '\0';
        text = own;
    }
    size_t length = strlen(text);
    if (size == 0)
        return buffer;
    if (length >= size)
        length = size - 1;
    memcpy(buffer, text, length);
    buffer[length] = '\0';
    return buffer;
}
