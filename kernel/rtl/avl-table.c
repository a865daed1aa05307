// SPDX-License-Identifier: MIT
// Generic tables on AVL trees: what the tree routines (rtl/avl-tree.c) order, with the caller's routines for
// comparing, allocating and freeing.
//
// The caller keeps other users of the same table out. IRQL <= DISPATCH_LEVEL if table, data and the caller's
// routines are resident, else <= APC_LEVEL. Returned pointers are to the caller's data in an element, behind
// the links; they stay good until the element is deleted. A restart key is the address of an element's links.
#include "rtl/avl-tree.h"

#define DATA_OFFSET sizeof(RTL_BALANCED_LINKS)

static PVOID RtlpData(PRTL_BALANCED_LINKS Links)
{
    return Links == NULL ? NULL : (PUCHAR)Links + DATA_OFFSET;
}

static PRTL_BALANCED_LINKS RtlpRoot(const RTL_AVL_TABLE *Table)
{
    return Table->BalancedRoot.RightChild;
}

// The element equal to Buffer, or the one it would be a child of. NodeOrParent stays as it is for an empty
// tree.
static TABLE_SEARCH_RESULT RtlpSearch(PRTL_AVL_TABLE Table, PVOID Buffer, PRTL_BALANCED_LINKS *NodeOrParent)
{
    TABLE_SEARCH_RESULT Result = TableEmptyTree;
    PRTL_BALANCED_LINKS Links = RtlpRoot(Table);

    while (Links != NULL) {
        *NodeOrParent = Links;
        switch (Table->CompareRoutine(Table, Buffer, RtlpData(Links))) {
        case GenericLessThan:
            Result = TableInsertAsLeft;
            Links = Links->LeftChild;
            break;
        case GenericGreaterThan:
            Result = TableInsertAsRight;
            Links = Links->RightChild;
            break;
        default: return TableFoundNode;
        }
    }
    return Result;
}

// Any IRQL. AllocateRoutine's elements hold the links before the data, so that it is asked for more than the
// caller's BufferSize.
VOID NTAPI RtlInitializeGenericTableAvl(PRTL_AVL_TABLE Table, PRTL_AVL_COMPARE_ROUTINE CompareRoutine,
                                        PRTL_AVL_ALLOCATE_ROUTINE AllocateRoutine,
                                        PRTL_AVL_FREE_ROUTINE FreeRoutine, PVOID TableContext)
{
    memset(Table, 0, sizeof(*Table));
    Table->BalancedRoot.Parent = &Table->BalancedRoot;
    Table->CompareRoutine = CompareRoutine;
    Table->AllocateRoutine = AllocateRoutine;
    Table->FreeRoutine = FreeRoutine;
    Table->TableContext = TableContext;
}

// NULL, and NewElement FALSE, if there is no memory; with an equal element in the table that one, and FALSE.
PVOID NTAPI RtlInsertElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer, CLONG BufferSize,
                                            PBOOLEAN NewElement)
{
    PRTL_BALANCED_LINKS NodeOrParent = NULL;
    TABLE_SEARCH_RESULT Result = RtlpSearch(Table, Buffer, &NodeOrParent);

    return RtlInsertElementGenericTableFullAvl(Table, Buffer, BufferSize, NewElement, NodeOrParent, Result);
}

// As above, at the place that RtlLookupElementGenericTableFullAvl found, the table not changed since.
PVOID NTAPI RtlInsertElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer, CLONG BufferSize,
                                                PBOOLEAN NewElement, PVOID NodeOrParent,
                                                TABLE_SEARCH_RESULT SearchResult)
{
    PRTL_BALANCED_LINKS Links = NodeOrParent;
    BOOLEAN IsNew = SearchResult != TableFoundNode;

    if (IsNew) {
        Links = BufferSize <= MAXULONG - DATA_OFFSET
                    ? Table->AllocateRoutine(Table, (CLONG)(BufferSize + DATA_OFFSET))
                    : NULL;
        IsNew = Links != NULL;
    }
    if (NewElement != NULL) {
        *NewElement = IsNew;
    }
    if (IsNew) {
        memcpy(RtlpData(Links), Buffer, BufferSize);
        if (SearchResult == TableEmptyTree) {
            RtlpAvlInsert(Table, &Table->BalancedRoot, TRUE, Links);
        } else {
            RtlpAvlInsert(Table, NodeOrParent, SearchResult == TableInsertAsRight, Links);
        }
        Table->NumberGenericTableElements += 1;
        Table->OrderedPointer = NULL;
    }
    return RtlpData(Links);
}

// FALSE if no element equals Buffer. An enumeration by RtlEnumerateGenericTableAvl goes on with the next one.
BOOLEAN NTAPI RtlDeleteElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer)
{
    PRTL_BALANCED_LINKS Links = NULL;

    if (RtlpSearch(Table, Buffer, &Links) != TableFoundNode) {
        return FALSE;
    }
    if (Table->RestartKey == Links) {
        Table->RestartKey = RtlpAvlNeighbour(Links, FALSE);
    }
    RtlpAvlRemove(Table, Links);
    Table->NumberGenericTableElements -= 1;
    Table->DeleteCount += 1;
    Table->OrderedPointer = NULL;
    Table->FreeRoutine(Table, Links);
    return TRUE;
}

PVOID NTAPI RtlLookupElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer)
{
    PRTL_BALANCED_LINKS Links = NULL;

    return RtlpSearch(Table, Buffer, &Links) == TableFoundNode ? RtlpData(Links) : NULL;
}

PVOID NTAPI RtlLookupElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer, PVOID *NodeOrParent,
                                                TABLE_SEARCH_RESULT *SearchResult)
{
    PRTL_BALANCED_LINKS Links = NULL;

    *SearchResult = RtlpSearch(Table, Buffer, &Links);
    if (*SearchResult != TableEmptyTree) {
        *NodeOrParent = Links;
    }
    return *SearchResult == TableFoundNode ? RtlpData(Links) : NULL;
}

// The leftmost of the elements that CompareRoutine calls equal to Buffer, which it may take for less than it
// does on insertion; RestartKey lets RtlEnumerateGenericTableWithoutSplayingAvl go on behind it.
PVOID NTAPI RtlLookupFirstMatchingElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer,
                                                         PVOID *RestartKey)
{
    PRTL_BALANCED_LINKS Links = RtlpRoot(Table), First = NULL;

    while (Links != NULL) {
        RTL_GENERIC_COMPARE_RESULTS Result = Table->CompareRoutine(Table, Buffer, RtlpData(Links));
        if (Result == GenericEqual) {
            First = Links;
        }
        Links = Result == GenericGreaterThan ? Links->RightChild : Links->LeftChild;
    }
    *RestartKey = First;
    return RtlpData(First);
}

// ---- Enumeration, in the order of CompareRoutine ----------------------------------------------------------

// The table remembers the place: one enumeration at a time.
PVOID NTAPI RtlEnumerateGenericTableAvl(PRTL_AVL_TABLE Table, BOOLEAN Restart)
{
    if (Restart) {
        Table->RestartKey = NULL;
    }
    return RtlEnumerateGenericTableWithoutSplayingAvl(Table, (PVOID *)&Table->RestartKey);
}

// *RestartKey NULL starts; no element must be deleted in between. At the end it stays on the last element.
PVOID NTAPI RtlEnumerateGenericTableWithoutSplayingAvl(PRTL_AVL_TABLE Table, PVOID *RestartKey)
{
    PRTL_BALANCED_LINKS Links =
        *RestartKey == NULL ? RtlpAvlFirst(RtlpRoot(Table)) : RtlpAvlNeighbour(*RestartKey, TRUE);

    if (Links != NULL) {
        *RestartKey = Links;
    }
    return RtlpData(Links);
}

// From RestartKey's element or, if it is NULL or an element was deleted since *DeleteCount, from Buffer's or
// the first one behind it; NextFlag skips that element, if it is there. MatchFunction passes on an element
// with STATUS_SUCCESS, and ends the enumeration with STATUS_NO_MORE_MATCHES.
PVOID NTAPI RtlEnumerateGenericTableLikeADirectory(PRTL_AVL_TABLE Table,
                                                   PRTL_AVL_MATCH_FUNCTION MatchFunction, PVOID MatchData,
                                                   ULONG NextFlag, PVOID *RestartKey, PULONG DeleteCount,
                                                   PVOID Buffer)
{
    PRTL_BALANCED_LINKS Links = *DeleteCount == Table->DeleteCount ? *RestartKey : NULL;
    NTSTATUS Status = STATUS_SUCCESS;

    *DeleteCount = Table->DeleteCount;
    if (Links != NULL) {
        Links = NextFlag ? RtlpAvlNeighbour(Links, TRUE) : Links;
    } else {
        TABLE_SEARCH_RESULT Result = RtlpSearch(Table, Buffer, &Links);
        if (Result == TableInsertAsRight || (Result == TableFoundNode && NextFlag)) {
            Links = RtlpAvlNeighbour(Links, TRUE);
        }
    }
    while (Links != NULL && MatchFunction != NULL) {
        Status = MatchFunction(Table, RtlpData(Links), MatchData);
        if (Status == STATUS_SUCCESS || Status == STATUS_NO_MORE_MATCHES) {
            break;
        }
        Links = RtlpAvlNeighbour(Links, TRUE);
    }
    if (Links != NULL) {
        *RestartKey = Links;
    }
    return Status == STATUS_NO_MORE_MATCHES ? NULL : RtlpData(Links);
}

// The element numbered I, from 0, in the order of CompareRoutine, as on Windows: the tree does not know the
// order of insertion that the page speaks of. NULL if there are not so many. Next to the last one asked for
// it is quick.
PVOID NTAPI RtlGetElementGenericTableAvl(PRTL_AVL_TABLE Table, ULONG I)
{
    PRTL_BALANCED_LINKS Links = Table->OrderedPointer;
    ULONG Index = Table->WhichOrderedElement;

    if (I >= Table->NumberGenericTableElements) {
        return NULL;
    }
    if (Links == NULL || I < Index / 2) {
        Links = RtlpAvlFirst(RtlpRoot(Table));
        Index = 0;
    }
    while (Index != I) {
        Links = RtlpAvlNeighbour(Links, Index < I);
        Index += Index < I ? 1 : -1u;
    }
    Table->OrderedPointer = Links;
    Table->WhichOrderedElement = I;
    return RtlpData(Links);
}

ULONG NTAPI RtlNumberGenericTableElementsAvl(PRTL_AVL_TABLE Table)
{
    return Table->NumberGenericTableElements;
}

BOOLEAN NTAPI RtlIsGenericTableEmptyAvl(PRTL_AVL_TABLE Table)
{
    return Table->NumberGenericTableElements == 0;
}
