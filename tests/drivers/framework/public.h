// SPDX-License-Identifier: MIT
// What framework.sys and its client both know.
#ifndef FRAMEWORK_PUBLIC_H
#define FRAMEWORK_PUBLIC_H

#define FRAMEWORK_CODE(Number, Method)                                                                       \
    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + (Number), Method, FILE_ANY_ACCESS)

// The sum of a pair, by each method that has an output.
#define IOCTL_SUM_BUFFERED  FRAMEWORK_CODE(0, METHOD_BUFFERED)
#define IOCTL_SUM_DIRECT    FRAMEWORK_CODE(0, METHOD_OUT_DIRECT)
#define IOCTL_SUM_NEITHER   FRAMEWORK_CODE(0, METHOD_NEITHER)
// The sum of the second buffer's bytes, read by IOCTL_LAST.
#define IOCTL_ADD_DIRECT    FRAMEWORK_CODE(0, METHOD_IN_DIRECT)
#define IOCTL_LAST          FRAMEWORK_CODE(1, METHOD_BUFFERED)
// Waits until somebody answers; then the input comes back, and what was answered.
#define IOCTL_WAIT_BUFFERED FRAMEWORK_CODE(2, METHOD_BUFFERED)
#define IOCTL_WAIT_DIRECT   FRAMEWORK_CODE(2, METHOD_OUT_DIRECT)
#define IOCTL_WAIT_NEITHER  FRAMEWORK_CODE(2, METHOD_NEITHER)
#define IOCTL_ANSWER        FRAMEWORK_CODE(3, METHOD_BUFFERED)
// How many requests this handle has sent; how many handles have been closed.
#define IOCTL_REQUESTS      FRAMEWORK_CODE(4, METHOD_BUFFERED)
#define IOCTL_CLOSED        FRAMEWORK_CODE(5, METHOD_BUFFERED)
// Says that more comes back than there is room for.
#define IOCTL_TOO_MUCH      FRAMEWORK_CODE(6, METHOD_BUFFERED)
// Leaves its output alone.
#define IOCTL_UNTOUCHED     FRAMEWORK_CODE(7, METHOD_BUFFERED)
// Makes \\.\Framework2, and ends it.
#define IOCTL_MAKE          FRAMEWORK_CODE(8, METHOD_BUFFERED)
#define IOCTL_BREAK         FRAMEWORK_CODE(9, METHOD_BUFFERED)
// Up to 4096 bytes come back as they are; larger than what fits into a request itself.
#define IOCTL_MANY_BUFFERED FRAMEWORK_CODE(10, METHOD_BUFFERED)
#define IOCTL_MANY_NEITHER  FRAMEWORK_CODE(10, METHOD_NEITHER)

typedef struct FRAMEWORK_PAIR {
    LONG First, Second;
} FRAMEWORK_PAIR;

typedef struct FRAMEWORK_ANSWER {
    FRAMEWORK_PAIR Asked;
    LONG Answer;
} FRAMEWORK_ANSWER;

#endif
