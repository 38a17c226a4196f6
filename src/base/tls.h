/* tls.h - how thread-local variables are declared: in the static block, so that reading one is one instruction. */
#ifndef CLEAT_BASE_TLS_H
#define CLEAT_BASE_TLS_H

#define CLEAT__TLS_MODEL __attribute__((tls_model("initial-exec")))
#define CLEAT__THREAD_LOCAL static _Thread_local CLEAT__TLS_MODEL

#endif
