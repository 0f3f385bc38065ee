/*
 * The SDK for plugins of Usher in C (ABI usher/v1): this header, and nothing else. No C library and no allocator is needed.
 * A plugin is a handler for each hook, and a line that serves it:
 *
 *   #include <usher.h>
 *
 *   static usher_signup_validate_answer check(const usher_call *call, const usher_signup_validate *signup) {
 *     (void)call;
 *     if (usher_is(signup->email_domain, "rival.example"))
 *       return usher_signup_validate_deny("email", "domain_blocked", USHER_TEXT("Not for this domain."));
 *     return usher_signup_validate_accept();
 *   }
 *
 *   USHER_SERVE(signup_validate, check)
 *
 *   clang --target=wasm32 -std=c11 -O2 -ffreestanding -nostdlib -mbulk-memory -I . -c plugin.c -o plugin.o
 *   wasm-ld --no-entry --strip-all --stack-first -z stack-size=32768 plugin.o -o plugin.wasm
 *
 * What a handler allocates (usher_alloc, usher_put, usher_add and all that gives a text) lasts for the call: every call begins
 * from the same memory. Only what is used is in the module, so what it imports is what the operator must grant.
 *
 * Compiled for anything but WebAssembly, the same handlers meet a stand-in for the host, and tests run: see USHER_TEST.
 *
 * This file is made by hostapi/internal/generate; DO NOT EDIT.
 */
#ifndef USHER_H
#define USHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef __wasm__
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#endif

#define USHER_ABI "usher/v1"

/*
 * USHER_ONCE is on functions that a module has once, however many files and places call them: it keeps small. Where many files
 * are compiled it saves time to define USHER_APART for all but one of them.
 */
#if !defined __wasm__
#define USHER_ONCE static inline
#elif defined USHER_APART
#define USHER_ONCE __attribute__((noinline)) inline
#else
#define USHER_ONCE __attribute__((noinline, weak))
#endif

/* USHER_SHARED is on state that the files of a plugin share. */
#define USHER_SHARED __attribute__((weak))
