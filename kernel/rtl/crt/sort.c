// SPDX-License-Identifier: MIT
// qsort, a heap sort: it needs neither memory nor stack. And bsearch.
#include "rtl/crt/crt.h"

// A comparison with a context, or without one.
typedef struct COMPARISON {
    int (*Plain)(const void *, const void *);
    int (*WithContext)(void *, const void *, const void *);
    void *Context;
} COMPARISON;

static int Compare(const COMPARISON *Comparison, const void *Left, const void *Right)
{
    return Comparison->WithContext ? Comparison->WithContext(Comparison->Context, Left, Right)
                                   : Comparison->Plain(Left, Right);
}

static void Swap(unsigned char *Left, unsigned char *Right, size_t Size)
{
    for (size_t Index = 0; Index < Size; ++Index) {
        unsigned char Saved = Left[Index];

        Left[Index] = Right[Index];
        Right[Index] = Saved;
    }
}

// Lets the element at Root sink to its place in the heap of Count elements.
static void Sink(unsigned char *Base, size_t Root, size_t Count, size_t Size, const COMPARISON *Comparison)
{
    for (size_t Child; (Child = Root * 2 + 1) < Count; Root = Child) {
        if (Child + 1 < Count && Compare(Comparison, Base + Child * Size, Base + (Child + 1) * Size) < 0) {
            ++Child;
        }
        if (Compare(Comparison, Base + Root * Size, Base + Child * Size) >= 0) {
            return;
        }
        Swap(Base + Root * Size, Base + Child * Size, Size);
    }
}

static void Sort(unsigned char *Base, size_t Count, size_t Size, const COMPARISON *Comparison)
{
    for (size_t Root = Count / 2; Root-- != 0;) {
        Sink(Base, Root, Count, Size, Comparison);
    }
    for (size_t Last = Count; Last > 1;) {
        --Last;
        Swap(Base, Base + Last * Size, Size);
        Sink(Base, 0, Last, Size, Comparison);
    }
}

static void *Find(const void *Key, const unsigned char *Base, size_t Count, size_t Size,
                  const COMPARISON *Comparison)
{
    while (Count != 0) {
        const unsigned char *Middle = Base + Count / 2 * Size;
        int Order = Compare(Comparison, Key, Middle);

        if (Order == 0) {
            return (void *)Middle;
        }
        if (Order > 0) {
            Base = Middle + Size;
            --Count;
        }
        Count /= 2;
    }
    return NULL;
}

void qsort(void *Base, size_t Count, size_t Size, int (*CompareElements)(const void *, const void *))
{
    COMPARISON Comparison = {.Plain = CompareElements};

    Sort(Base, Count, Size, &Comparison);
}

void qsort_s(void *Base, rsize_t Count, rsize_t Size,
             int (*CompareElements)(void *, const void *, const void *), void *Context)
{
    COMPARISON Comparison = {.WithContext = CompareElements, .Context = Context};

    if ((!Base && Count != 0) || Size == 0 || !CompareElements) {
        return;
    }
    Sort(Base, Count, Size, &Comparison);
}

void *bsearch(const void *Key, const void *Base, size_t Count, size_t Size,
              int (*CompareElements)(const void *, const void *))
{
    COMPARISON Comparison = {.Plain = CompareElements};

    return Find(Key, Base, Count, Size, &Comparison);
}

void *bsearch_s(const void *Key, const void *Base, rsize_t Count, rsize_t Size,
                int (*CompareElements)(void *, const void *, const void *), void *Context)
{
    COMPARISON Comparison = {.WithContext = CompareElements, .Context = Context};

    if ((!Base && Count != 0) || Size == 0 || !CompareElements) {
        return NULL;
    }
    return Find(Key, Base, Count, Size, &Comparison);
}
