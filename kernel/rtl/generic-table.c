// SPDX-License-Identifier: MIT
// Generic tables on splay trees, with the caller's routines for comparing, allocating and freeing.
//
// The caller keeps other users of the same table out, of a lookup too, as it changes the tree. IRQL <=
// DISPATCH_LEVEL if table, data and the caller's routines are resident, else <= APC_LEVEL. Returned pointers
// are to the caller's data in an element; they stay good until it is deleted.
#include "inc/kernel.h"

// What is in front of the caller's data: drivers know its size.
typedef struct _RTLP_TABLE_ELEMENT {
    RTL_SPLAY_LINKS Links;
    LIST_ENTRY InsertOrder;
    UCHAR Data[];
} RTLP_TABLE_ELEMENT, *PRTLP_TABLE_ELEMENT;

C_ASSERT(FIELD_OFFSET(RTLP_TABLE_ELEMENT, Data) == sizeof(RTL_SPLAY_LINKS) + sizeof(LIST_ENTRY));

static PVOID RtlpData(PRTL_SPLAY_LINKS Links)
{
    return Links == NULL ? NULL : CONTAINING_RECORD(Links, RTLP_TABLE_ELEMENT, Links)->Data;
}

// The element equal to Buffer, or the one it would be a child of. NodeOrParent stays as it is for an empty
// tree.
static TABLE_SEARCH_RESULT RtlpSearch(PRTL_GENERIC_TABLE Table, PVOID Buffer, PRTL_SPLAY_LINKS *NodeOrParent)
{
    TABLE_SEARCH_RESULT Result = TableEmptyTree;
    PRTL_SPLAY_LINKS Links = Table->TableRoot;

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

// Any IRQL. Elements are asked of AllocateRoutine with the links and the list entry before the data.
VOID NTAPI RtlInitializeGenericTable(PRTL_GENERIC_TABLE Table, PRTL_GENERIC_COMPARE_ROUTINE CompareRoutine,
                                     PRTL_GENERIC_ALLOCATE_ROUTINE AllocateRoutine,
                                     PRTL_GENERIC_FREE_ROUTINE FreeRoutine, PVOID TableContext)
{
    Table->TableRoot = NULL;
    InitializeListHead(&Table->InsertOrderList);
    Table->OrderedPointer = &Table->InsertOrderList;
    Table->WhichOrderedElement = 0;
    Table->NumberGenericTableElements = 0;
    Table->CompareRoutine = CompareRoutine;
    Table->AllocateRoutine = AllocateRoutine;
    Table->FreeRoutine = FreeRoutine;
    Table->TableContext = TableContext;
}

// NULL, and NewElement FALSE, if there is no memory; with an equal element in the table that one, and FALSE.
PVOID NTAPI RtlInsertElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer, CLONG BufferSize,
                                         PBOOLEAN NewElement)
{
    PRTL_SPLAY_LINKS NodeOrParent = NULL;
    TABLE_SEARCH_RESULT Result = RtlpSearch(Table, Buffer, &NodeOrParent);

    return RtlInsertElementGenericTableFull(Table, Buffer, BufferSize, NewElement, NodeOrParent, Result);
}

// As above, at the place that RtlLookupElementGenericTableFull found, the table not changed since.
PVOID NTAPI RtlInsertElementGenericTableFull(PRTL_GENERIC_TABLE Table, PVOID Buffer, CLONG BufferSize,
                                             PBOOLEAN NewElement, PVOID NodeOrParent,
                                             TABLE_SEARCH_RESULT SearchResult)
{
    PRTL_SPLAY_LINKS Links = NodeOrParent;
    BOOLEAN IsNew = SearchResult != TableFoundNode;

    if (IsNew) {
        PRTLP_TABLE_ELEMENT Element =
            BufferSize <= MAXULONG - sizeof(*Element)
                ? Table->AllocateRoutine(Table, (CLONG)(BufferSize + sizeof(*Element)))
                : NULL;
        IsNew = Element != NULL;
        Links = NULL;
        if (IsNew) {
            Links = &Element->Links;
            RtlInitializeSplayLinks(Links);
            InsertTailList(&Table->InsertOrderList, &Element->InsertOrder);
            memcpy(Element->Data, Buffer, BufferSize);
            if (SearchResult == TableInsertAsLeft) {
                RtlInsertAsLeftChild(NodeOrParent, Links);
            } else if (SearchResult == TableInsertAsRight) {
                RtlInsertAsRightChild(NodeOrParent, Links);
            }
            Table->NumberGenericTableElements += 1;
        }
    }
    if (NewElement != NULL) {
        *NewElement = IsNew;
    }
    if (Links != NULL) {
        Table->TableRoot = RtlSplay(Links);
    }
    return RtlpData(Links);
}

// FALSE if no element equals Buffer.
BOOLEAN NTAPI RtlDeleteElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer)
{
    PRTL_SPLAY_LINKS Links = NULL;
    PRTLP_TABLE_ELEMENT Element;

    if (RtlpSearch(Table, Buffer, &Links) != TableFoundNode) {
        return FALSE;
    }
    Element = CONTAINING_RECORD(Links, RTLP_TABLE_ELEMENT, Links);
    Table->TableRoot = RtlDelete(Links);
    RemoveEntryList(&Element->InsertOrder);
    Table->NumberGenericTableElements -= 1;
    Table->OrderedPointer = &Table->InsertOrderList;
    Table->WhichOrderedElement = 0;
    Table->FreeRoutine(Table, Element);
    return TRUE;
}

// NULL if no element equals Buffer; else it becomes the tree's root.
PVOID NTAPI RtlLookupElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer)
{
    PVOID NodeOrParent;
    TABLE_SEARCH_RESULT Result;

    return RtlLookupElementGenericTableFull(Table, Buffer, &NodeOrParent, &Result);
}

// Tells RtlInsertElementGenericTableFull where Buffer would go. NodeOrParent is not written for an empty
// table.
PVOID NTAPI RtlLookupElementGenericTableFull(PRTL_GENERIC_TABLE Table, PVOID Buffer, PVOID *NodeOrParent,
                                             TABLE_SEARCH_RESULT *SearchResult)
{
    PRTL_SPLAY_LINKS Links = NULL;

    *SearchResult = RtlpSearch(Table, Buffer, &Links);
    if (*SearchResult != TableEmptyTree) {
        *NodeOrParent = Links;
    }
    if (*SearchResult != TableFoundNode) {
        return NULL;
    }
    Table->TableRoot = RtlSplay(Links);
    return RtlpData(Links);
}

static PRTL_SPLAY_LINKS RtlpFirst(const RTL_GENERIC_TABLE *Table)
{
    PRTL_SPLAY_LINKS Links = Table->TableRoot;

    while (Links != NULL && Links->LeftChild != NULL) {
        Links = Links->LeftChild;
    }
    return Links;
}

// In the order of CompareRoutine. The place is the root: what is returned becomes it, so that at the end the
// tree is a list, and any other routine of the table that splays moves the place.
PVOID NTAPI RtlEnumerateGenericTable(PRTL_GENERIC_TABLE Table, BOOLEAN Restart)
{
    PRTL_SPLAY_LINKS Links;

    if (Table->TableRoot == NULL) {
        return NULL;
    }
    Links = Restart ? RtlpFirst(Table) : RtlRealSuccessor(Table->TableRoot);
    if (Links != NULL) {
        Table->TableRoot = RtlSplay(Links);
    }
    return RtlpData(Links);
}

// Likewise, with the tree as it is: the place is *RestartKey, NULL to start; no element must be deleted in
// between.
PVOID NTAPI RtlEnumerateGenericTableWithoutSplaying(PRTL_GENERIC_TABLE Table, PVOID *RestartKey)
{
    PRTL_SPLAY_LINKS Links = *RestartKey == NULL ? RtlpFirst(Table) : RtlRealSuccessor(*RestartKey);

    if (Links != NULL) {
        *RestartKey = Links;
    }
    return RtlpData(Links);
}

// The element inserted as number I, from 0, of those there are; NULL if there are not so many. Quickest next
// to the one asked for before, and at the ends.
PVOID NTAPI RtlGetElementGenericTable(PRTL_GENERIC_TABLE Table, ULONG I)
{
    ULONG Count = Table->NumberGenericTableElements, Wanted = I + 1, Index = Table->WhichOrderedElement;
    PLIST_ENTRY Entry = Table->OrderedPointer; // number Index, from 1; 0 and Count + 1 are the list's head

    if (I >= Count) {
        return NULL;
    }
    if (Wanted < Index / 2 || (Wanted > Index && Count - Wanted < Wanted - Index)) {
        Entry = &Table->InsertOrderList;
        Index = Wanted < Index / 2 ? 0 : Count + 1;
    }
    for (; Index < Wanted; ++Index) {
        Entry = Entry->Flink;
    }
    for (; Index > Wanted; --Index) {
        Entry = Entry->Blink;
    }
    Table->OrderedPointer = Entry;
    Table->WhichOrderedElement = Index;
    return CONTAINING_RECORD(Entry, RTLP_TABLE_ELEMENT, InsertOrder)->Data;
}

ULONG NTAPI RtlNumberGenericTableElements(PRTL_GENERIC_TABLE Table)
{
    return Table->NumberGenericTableElements;
}

BOOLEAN NTAPI RtlIsGenericTableEmpty(PRTL_GENERIC_TABLE Table)
{
    return Table->NumberGenericTableElements == 0;
}
