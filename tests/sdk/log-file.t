#!/bin/sh
# SPDX-License-Identifier: MIT
# The log's file sink: lines from every IRQL in a file, in order; what has no room is counted; files are given their next
# names.
. tests/cli/tap.sh

cat > file.c << 'END2'
#include <ntifs.h>
#include <kmode.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static KM_ALLOCATOR NonPaged = KM_ALLOCATOR_INIT(KmNonPagedPool, 'goLK');
static KM_LOG_FILE_SINK File, Other;

#define CHECK(Expression)                                                                                              \
    do {                                                                                                               \
        if (!(Expression)) {                                                                                           \
            DbgPrint("not so, line %d: %s\n", __LINE__, #Expression);                                                  \
        }                                                                                                              \
    } while (0)

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    KmInfo("the end");
    KmLogFileSinkClose(&File);
    CHECK(KmLogRemoveSink(&File.Sink) == STATUS_NOT_FOUND);
}

static PVOID NTAPI AllocateNothing(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    UNREFERENCED_PARAMETER(Allocator);
    UNREFERENCED_PARAMETER(Bytes);
    UNREFERENCED_PARAMETER(Zeroed);
    return NULL;
}

static VOID CheckErrors(PDRIVER_OBJECT DriverObject)
{
    static const KM_ALLOCATOR_OPERATIONS Nothing = {AllocateNothing, NULL, NULL, DISPATCH_LEVEL};
    KM_ALLOCATOR None = KM_ALLOCATOR_INIT(Nothing, 'enoN');
    KM_LOG_FILE_OPTIONS Options;

    KmLogFileOptionsInit(&Options, &None, DriverObject, L"\\??\\C:\\other.log");
    CHECK(KmLogFileSinkOpen(&Other, &Options) == STATUS_INSUFFICIENT_RESOURCES);
    KmLogFileOptionsInit(&Options, &NonPaged, DriverObject, L"\\??\\C:\\missing\\other.log");
    CHECK(KmLogFileSinkOpen(&Other, &Options) == STATUS_OBJECT_PATH_NOT_FOUND);
    Options.Path = L"";
    CHECK(KmLogFileSinkOpen(&Other, &Options) == STATUS_INVALID_PARAMETER);
    Options.Path = NULL;
    CHECK(KmLogFileSinkOpen(&Other, &Options) == STATUS_INVALID_PARAMETER);
    KmLogFileOptionsInit(&Options, &NonPaged, DriverObject, L"\\??\\C:\\other.log");
    Options.LineCount = 0;
    CHECK(KmLogFileSinkOpen(&Other, &Options) == STATUS_INVALID_PARAMETER);
    Options.LineCount = 65537;
    CHECK(KmLogFileSinkOpen(&Other, &Options) == STATUS_INVALID_PARAMETER);
    Options.LineCount = 1;
    Options.LineBytes = 63;
    CHECK(KmLogFileSinkOpen(&Other, &Options) == STATUS_INVALID_PARAMETER);
    Options.LineBytes = 65537;
    CHECK(KmLogFileSinkOpen(&Other, &Options) == STATUS_INVALID_PARAMETER);
    Options.LineBytes = 64;
    Options.FileCount = 0;
    CHECK(KmLogFileSinkOpen(&Other, &Options) == STATUS_INVALID_PARAMETER);
    Options.FileCount = 101;
    CHECK(KmLogFileSinkOpen(&Other, &Options) == STATUS_INVALID_PARAMETER);
    Options.FileCount = 1;
    Options.IoObject = NULL;
    RtlFillMemory(&Other, sizeof(Other), 0xA5); // as on a stack
    CHECK(KmLogFileSinkOpen(&Other, &Options) == STATUS_INVALID_PARAMETER);
    CHECK(KmLogAddSink(&Other.Sink) == STATUS_INVALID_PARAMETER);
    CHECK(KmLogFileSinkFlush(&Other) == STATUS_DEVICE_NOT_READY);
    KmLogFileSinkClose(&Other);
}

// More than the queue holds, while nobody can empty it.
static VOID CheckLost(PDRIVER_OBJECT DriverObject)
{
    KM_LOG_FILE_OPTIONS Options;
    KIRQL OldIrql;

    KmLogFileOptionsInit(&Options, &NonPaged, DriverObject, L"\\??\\C:\\lost.log");
    Options.LineCount = 5;
    Options.LineBytes = 64;
    CHECK(KmLogFileSinkOpen(&Other, &Options) == STATUS_SUCCESS);
    CHECK(KmLogAddSink(&Other.Sink) == STATUS_SUCCESS);
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    for (int Index = 0; Index < 20; Index++) {
        KmError("line %d%100s", Index, "");
    }
    KeLowerIrql(OldIrql);
    CHECK(KmLogFileSinkFlush(&Other) == STATUS_SUCCESS);
    // Another processor may have begun to empty it.
    CHECK(KmLogGetLostCount(&Other.Sink) <= 12 && Other.BytesWritten >= 8 * 64);
    CHECK(KmLogGetLostCount(&Other.Sink) + (ULONG64)Other.BytesWritten / 64 == 20);
    KmLogFileSinkClose(&Other);
}

static VOID CheckRotation(PDRIVER_OBJECT DriverObject)
{
    KM_LOG_FILE_OPTIONS Options;

    KmLogFileOptionsInit(&Options, &NonPaged, DriverObject, L"\\??\\C:\\turn.log");
    Options.MaximumBytes = 100;
    Options.FileCount = 3;
    CHECK(KmLogFileSinkOpen(&Other, &Options) == STATUS_SUCCESS);
    Other.Sink.Level = KmLevelError;
    CHECK(KmLogAddSink(&Other.Sink) == STATUS_SUCCESS);
    for (int Index = 0; Index < 20; Index++) {
        KmError("line %02d of those in turn", Index); // 40 bytes: two a file
    }
    KmLogFileSinkClose(&Other);
    CHECK(Other.LastStatus == STATUS_SUCCESS);
    CHECK(KmLogGetLostCount(&Other.Sink) == 0);
    // One file alone is emptied.
    Options.Path = L"\\??\\C:\\one.log";
    Options.FileCount = 1;
    CHECK(KmLogFileSinkOpen(&Other, &Options) == STATUS_SUCCESS);
    Other.Sink.Level = KmLevelError;
    CHECK(KmLogAddSink(&Other.Sink) == STATUS_SUCCESS);
    for (int Index = 0; Index < 5; Index++) {
        KmError("line %02d of those in turn", Index);
    }
    KmLogFileSinkClose(&Other);
    CHECK(Other.LastStatus == STATUS_SUCCESS);
}

static volatile LONG Turns;

static VOID NTAPI Writer(PVOID Context)
{
    LARGE_INTEGER Time;

    Time.QuadPart = -1000;
    for (int Index = 0; Index < 200; Index++) {
        KIRQL OldIrql;
        KeRaiseIrql((KIRQL)(Index % 3 == 0 ? HIGH_LEVEL : Index % 3), &OldIrql);
        KmWarnFields("turn", KmField("writer", (ULONG_PTR)Context), KmField("index", Index));
        KeLowerIrql(OldIrql);
        if (Index % 10 == 0) {
            KeDelayExecutionThread(KernelMode, FALSE, &Time);
        }
    }
    InterlockedIncrement(&Turns);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID CheckMany(PDRIVER_OBJECT DriverObject)
{
    KM_LOG_FILE_OPTIONS Options;
    LARGE_INTEGER Time;
    PVOID Threads[3];

    KmLogFileOptionsInit(&Options, &NonPaged, DriverObject, L"\\??\\C:\\many.log");
    Options.LineCount = 1000;
    CHECK(KmLogFileSinkOpen(&Other, &Options) == STATUS_SUCCESS);
    Other.Sink.Layout = KmLogJsonLayout;
    CHECK(KmLogAddSink(&Other.Sink) == STATUS_SUCCESS);
    for (ULONG_PTR Index = 0; Index < 3; Index++) {
        HANDLE Handle;
        CHECK(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Writer, (PVOID)Index) == STATUS_SUCCESS);
        CHECK(ObReferenceObjectByHandle(Handle, SYNCHRONIZE, *PsThreadType, KernelMode, &Threads[Index], NULL) ==
              STATUS_SUCCESS);
        ZwClose(Handle);
    }
    Time.QuadPart = -10000;
    while (Turns != 3) {
        CHECK(KmLogFileSinkFlush(&Other) == STATUS_SUCCESS);
        KeDelayExecutionThread(KernelMode, FALSE, &Time);
    }
    for (ULONG Index = 0; Index < 3; Index++) {
        KeWaitForSingleObject(Threads[Index], Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(Threads[Index]);
    }
    KmLogFileSinkClose(&Other);
    CHECK(KmLogGetLostCount(&Other.Sink) == 0);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    KM_LOG_FILE_OPTIONS Options;
    KIRQL OldIrql;
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    CheckErrors(DriverObject);
    KmLogFileOptionsInit(&Options, &NonPaged, DriverObject, L"\\??\\C:\\file.log");
    CHECK(KmLogFileSinkOpen(&File, &Options) == STATUS_SUCCESS);
    CHECK(KmLogInitWithSink(KmLevelInfo, &File.Sink) == STATUS_SUCCESS);
    KmInfo("at %u", KeGetCurrentIrql());
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    KmInfo("at %u %ws", KeGetCurrentIrql(), L"\u20ac");
    KeLowerIrql(OldIrql);
    CHECK(KmLogFileSinkFlush(&File) == STATUS_SUCCESS);
    KmLogSetSinkLevel(&File.Sink, KmLevelOff);
    CheckLost(DriverObject);
    CheckRotation(DriverObject);
    CheckMany(DriverObject);
    KmLogSetSinkLevel(&File.Sink, KmLevelInfo);
    return STATUS_SUCCESS;
}
END2
run "$KMODE" build -Wall -Wextra -Werror file.c
ok "it builds" status_is 0
for way in "" "--seed 1" "--seed 2" "--cpus 2" "--cpus 4"; do
    rm -rf disk
    mkdir disk
    # shellcheck disable=SC2086
    run "$KMODE" run $way --disk disk file.sys
    ok "run $way: without a finding" status_is 0
    ok "run $way: and as it should" test ! -s "$scratch/out"
    printf 'INFO  [file] at 0\nINFO  [file] at 15 €\nINFO  [file] the end\n' > expected
    ok "run $way: lines" diff expected disk/file.log
    for pair in "turn.log 18 19" "turn.log.1 16 17" "turn.log.2 14 15" "one.log 04"; do
        # shellcheck disable=SC2086
        set -- $pair
        name=$1
        shift
        printf 'ERROR [file] line %s of those in turn\n' "$@" > expected
        ok "run $way: $name" diff expected "disk/$name"
    done
    ok "run $way: and no more files" [ ! -e disk/turn.log.3 ]
    ok "run $way: every line of every writer, in each writer's order" python3 -c '
import json
seen = {}
for line in open("disk/many.log"):
    fields = json.loads(line)["fields"]
    seen.setdefault(fields["writer"], []).append(fields["index"])
assert seen == {writer: list(range(200)) for writer in range(3)}, {w: len(s) for w, s in seen.items()}'
done
run "$KMODE" run --disk disk file.sys
ok "a second run writes behind the first" [ "$(grep -c 'the end' disk/file.log)" -eq 2 ]

# ---- a disk that is full, and then is not

cat > full.c << 'END2'
#include <ntifs.h>
#include <kmode.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static KM_ALLOCATOR NonPaged = KM_ALLOCATOR_INIT(KmNonPagedPool, 'goLK');
static KM_LOG_FILE_SINK File;

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

static NTSTATUS Write(int From, int Count)
{
    for (int Index = From; Index < From + Count; Index++) {
        KmInfo("line %04d of so many that not all of them find room on the disk, which has two pages", Index);
    }
    return KmLogFileSinkFlush(&File);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Ballast = RTL_CONSTANT_STRING(L"\\??\\C:\\ballast");
    OBJECT_ATTRIBUTES Attributes;
    KM_LOG_FILE_OPTIONS Options;
    ULONG64 Lost;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    KmLogFileOptionsInit(&Options, &NonPaged, DriverObject, L"\\??\\C:\\full.log");
    Options.MaximumBytes = MAXIMUM_BYTES;
    Options.FileCount = 2;
    if (!NT_SUCCESS(KmLogFileSinkOpen(&File, &Options)) || !NT_SUCCESS(KmLogInitWithSink(KmLevelInfo, &File.Sink))) {
        return STATUS_UNSUCCESSFUL;
    }
    DbgPrint("flush %08x\n", Write(0, 100));
    Lost = KmLogGetLostCount(&File.Sink);
    DbgPrint("last %08x, lost %s\n", File.LastStatus, Lost != 0 && Lost < 100 ? "some" : "wrong");
    InitializeObjectAttributes(&Attributes, &Ballast, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    DbgPrint("delete %08x\n", ZwDeleteFile(&Attributes));
    DbgPrint("flush %08x\n", Write(100, 10));
    DbgPrint("lost %I64u then\n", KmLogGetLostCount(&File.Sink) - Lost);
    KmLogFileSinkClose(&File);
    DbgPrint("kept %I64u\n", 110 - Lost);
    return STATUS_SUCCESS;
}
END2
cat > small-disk << 'END2'
#!/bin/sh
# small-disk DRIVER OUTPUT: runs it with a disk of twelve kilobytes, of which a file has eight.
mkdir -p small && mount -t tmpfs -o size=12k none small || exit 99
head -c 8192 /dev/zero > small/ballast
"$KMODE" run --disk small "$1" > "$2"
status=$?
cat small/full.log.1 small/full.log > "$2.log" 2> /dev/null || cat small/full.log > "$2.log"
umount small
exit $status
END2
export KMODE
for maximum in 0 4000; do
    run "$KMODE" build -DMAXIMUM_BYTES=$maximum full.c
    run unshare --map-root-user --mount sh small-disk full.sys full.out
    if [ "$status" -eq 99 ] || grep -q '^unshare:' "$scratch/err"; then
        skip "a full disk, files of $maximum bytes" "there is no way to make a small disk: unshare(1)"
        continue
    fi
    ok "a full disk, files of $maximum bytes: runs" status_is 0
    kept=$(sed -n 's/^kept //p' full.out)
    printf 'flush 00000000\nlast c000007f, lost some\ndelete 00000000\nflush 00000000\nlost 0 then\nkept %s\n' "$kept" > expected
    ok "a full disk, files of $maximum bytes: it is told, and what is lost is counted" diff expected full.out
    ok "a full disk, files of $maximum bytes: what is not lost is whole" \
        sh -c '[ "$(grep -cE "^INFO  \[full\] line [0-9]{4} of so many .* two pages$" full.out.log)" -eq "$1" ] && [ "$(wc -l < full.out.log)" -eq "$1" ]' - "$kept"
    ok "a full disk, files of $maximum bytes: and what came when there was room" \
        sh -c 'tail -1 full.out.log | grep -q "line 0109"'
done

done_testing
