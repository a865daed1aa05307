// SPDX-License-Identifier: MIT
// TAP for test drivers: what a driver under tests/kernel prints through DbgPrint and tests/run counts.
//
//     static void TestSomething(void) { OK(1 + 1 == 2); IS(RtlSomething(), STATUS_SUCCESS); }
//     TEST_DRIVER(TestSomething, TestMore)
//
// gives DriverEntry and DriverUnload; every function listed runs in order at PASSIVE_LEVEL on DriverEntry's
// stack.
#ifndef KMODE_TESTS_KERNEL_TEST_H
#define KMODE_TESTS_KERNEL_TEST_H

#include <ntifs.h>

static ULONG TestCount;

// One TAP line; a failure names file, line and values.
static __attribute__((unused)) void TestReport(BOOLEAN Passed, const char *Text, const char *File, int Line)
{
    TestCount += 1;
    DbgPrint("%s %lu - %s\n", Passed ? "ok" : "not ok", TestCount, Text);
    if (!Passed) {
        DbgPrint("# failed at %s:%d\n", File, Line);
    }
}

// Passes if Expression is true.
#define OK(Expression) TestReport((Expression) ? TRUE : FALSE, #Expression, __FILE__, __LINE__)

// Passes if both, taken as 64-bit integers, are equal; prints both if not.
#define IS(Actual, Expected)                                                                                 \
    do {                                                                                                     \
        ULONG64 TestActual_ = (ULONG64)(Actual), TestExpected_ = (ULONG64)(Expected);                        \
        TestReport(TestActual_ == TestExpected_, #Actual " == " #Expected, __FILE__, __LINE__);              \
        if (TestActual_ != TestExpected_) {                                                                  \
            DbgPrint("#   actual 0x%I64x\n#   expected 0x%I64x\n", TestActual_, TestExpected_);              \
        }                                                                                                    \
    } while (0)

// Passes if the two zero-terminated strings of char are equal.
#define IS_STRING(Actual, Expected)                                                                          \
    do {                                                                                                     \
        const char *TestActual_ = (Actual), *TestExpected_ = (Expected);                                     \
        SIZE_T TestIndex_ = 0;                                                                               \
        while (TestActual_[TestIndex_] && TestActual_[TestIndex_] == TestExpected_[TestIndex_]) {            \
            TestIndex_ += 1;                                                                                 \
        }                                                                                                    \
        BOOLEAN TestSame_ = TestActual_[TestIndex_] == TestExpected_[TestIndex_];                            \
        TestReport(TestSame_, #Actual " is " #Expected, __FILE__, __LINE__);                                 \
        if (!TestSame_) {                                                                                    \
            DbgPrint("#   actual   |%s|\n#   expected |%s|\n", TestActual_, TestExpected_);                  \
        }                                                                                                    \
    } while (0)

static VOID NTAPI TestUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

#define TEST_DRIVER(...)                                                                                     \
    NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)                    \
    {                                                                                                        \
        UNREFERENCED_PARAMETER(RegistryPath);                                                                \
        void (*const TestFunctions_[])(void) = {__VA_ARGS__};                                                \
        for (ULONG Index_ = 0; Index_ < sizeof(TestFunctions_) / sizeof(*TestFunctions_); Index_ += 1) {     \
            TestFunctions_[Index_]();                                                                        \
        }                                                                                                    \
        DbgPrint("1..%lu\n", TestCount);                                                                     \
        DriverObject->DriverUnload = TestUnload;                                                             \
        return STATUS_SUCCESS;                                                                               \
    }

#endif
