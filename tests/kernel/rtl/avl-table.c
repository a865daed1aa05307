// SPDX-License-Identifier: MIT
// Generic tables on AVL trees, against a sorted array under many seeds; the routines that only they have.
#define TABLE                   RTL_AVL_TABLE
#define CALL(Name)              Name##Avl
#define LINKS_SIZE              sizeof(RTL_BALANCED_LINKS)
#define ALLOCATED_ELEMENT_ORDER 0
#include "generic-table.h"

// Height of a subtree; -1000 and less if it is no AVL tree.
static LONG Height(PRTL_BALANCED_LINKS Links)
{
    LONG Left, Right;

    if (Links == NULL) {
        return 0;
    }
    if ((Links->LeftChild && Links->LeftChild->Parent != Links) ||
        (Links->RightChild && Links->RightChild->Parent != Links)) {
        return -100000;
    }
    Left = Height(Links->LeftChild);
    Right = Height(Links->RightChild);
    if (Right - Left != Links->Balance || Links->Balance < -1 || Links->Balance > 1) {
        return -100000;
    }
    return 1 + max(Left, Right);
}

static BOOLEAN CheckTree(void)
{
    PRTL_BALANCED_LINKS Root = Table.BalancedRoot.RightChild;
    return (Root == NULL || Root->Parent == &Table.BalancedRoot) && Height(Root) == (LONG)Table.DepthOfTree;
}

static VOID Fill(ULONG Keys, ULONG Step)
{
    Initialize();
    for (ULONG Key = 0; Key < Keys; Key += Step) {
        Insert(Key, Key * 7, NULL);
    }
}

static VOID Empty(void)
{
    for (ULONG Key = 0; Key < 4096; ++Key) {
        Delete(Key);
    }
    OK(RtlIsGenericTableEmptyAvl(&Table));
    IS(Table.DepthOfTree, 0);
}

static void TestSorted(void)
{
    Fill(4096, 1);
    OK(CheckTree());
    IS(Table.DepthOfTree, 13); // keys in order give the lowest tree there is
    IS(RtlNumberGenericTableElementsAvl(&Table), 4096);
    Empty();
}

// The key that the compare routine of the last search looks at, tens only.
static RTL_GENERIC_COMPARE_RESULTS NTAPI CompareTens(RTL_AVL_TABLE *Which, PVOID First, PVOID Second)
{
    ULONG A = ((ELEMENT *)First)->Key / 10, B = ((ELEMENT *)Second)->Key / 10;
    UNREFERENCED_PARAMETER(Which);
    return A < B ? GenericLessThan : A > B ? GenericGreaterThan : GenericEqual;
}

static void TestFirstMatching(void)
{
    ULONG Wrong = 0;

    Fill(200, 1);
    Table.CompareRoutine = CompareTens;
    for (ULONG Key = 0; Key < 200; ++Key) {
        ELEMENT Element = {Key, 0}, *Found;
        PVOID RestartKey = NULL;
        Found = RtlLookupFirstMatchingElementGenericTableAvl(&Table, &Element, &RestartKey);
        Wrong += Found == NULL || Found->Key != Key / 10 * 10;
        Found = RtlEnumerateGenericTableWithoutSplayingAvl(&Table, &RestartKey);
        Wrong += Found == NULL || Found->Key != Key / 10 * 10 + 1;
    }
    IS(Wrong, 0);
    ELEMENT Absent = {2000, 0};
    PVOID RestartKey = &Absent;
    OK(RtlLookupFirstMatchingElementGenericTableAvl(&Table, &Absent, &RestartKey) == NULL);
    OK(RestartKey == NULL);
    Table.CompareRoutine = Compare;
    Empty();
}

static NTSTATUS NTAPI MatchThrees(RTL_AVL_TABLE *Which, PVOID UserData, PVOID MatchData)
{
    ULONG Key = ((ELEMENT *)UserData)->Key;
    if (Which != &Table || Key > *(ULONG *)MatchData) {
        return STATUS_NO_MORE_MATCHES;
    }
    return Key % 3 == 0 ? STATUS_SUCCESS : STATUS_NO_MATCH;
}

static ULONG Directory(PRTL_AVL_MATCH_FUNCTION Match, ULONG Limit, ULONG NextFlag, PVOID *RestartKey,
                       PULONG DeleteCount, ULONG Key)
{
    ELEMENT Element = {Key, 0};
    ELEMENT *Found = RtlEnumerateGenericTableLikeADirectory(&Table, Match, &Limit, NextFlag, RestartKey,
                                                            DeleteCount, &Element);
    return Found == NULL ? 9999 : Found->Key;
}

static void TestDirectory(void)
{
    PVOID RestartKey = NULL;
    ULONG DeleteCount = 0;

    Initialize();
    IS(Directory(NULL, 0, FALSE, &RestartKey, &DeleteCount, 0), 9999);
    OK(RestartKey == NULL);

    Fill(100, 2);
    DeleteCount = Table.DeleteCount;
    // Without a restart key, by the buffer: an element that is there, one that is not, the end.
    IS(Directory(NULL, 0, FALSE, &RestartKey, &DeleteCount, 10), 10);
    OK(RestartKey != NULL);
    IS(Directory(NULL, 0, FALSE, &RestartKey, &DeleteCount, 50), 10); // by the key: where it left off
    IS(Directory(NULL, 0, TRUE, &RestartKey, &DeleteCount, 50), 12);
    IS(Directory(NULL, 0, TRUE, &RestartKey, &DeleteCount, 50), 14);
    RestartKey = NULL;
    IS(Directory(NULL, 0, TRUE, &RestartKey, &DeleteCount, 10), 12);
    for (ULONG Key = 1; Key < 98; Key += 2) {
        RestartKey = NULL;
        if (Directory(NULL, 0, Key % 4 == 1, &RestartKey, &DeleteCount, Key) != Key + 1) {
            OK(FALSE);
        }
    }
    RestartKey = NULL;
    IS(Directory(NULL, 0, FALSE, &RestartKey, &DeleteCount, 99), 9999);
    RestartKey = NULL;
    IS(Directory(NULL, 0, FALSE, &RestartKey, &DeleteCount, 98), 98);
    IS(Directory(NULL, 0, TRUE, &RestartKey, &DeleteCount, 98), 9999);
    IS(Directory(NULL, 0, TRUE, &RestartKey, &DeleteCount, 98), 9999);

    // A match function passes over elements, and ends it.
    RestartKey = NULL;
    IS(Directory(MatchThrees, 20, FALSE, &RestartKey, &DeleteCount, 0), 0);
    IS(Directory(MatchThrees, 20, TRUE, &RestartKey, &DeleteCount, 0), 6);
    IS(Directory(MatchThrees, 20, TRUE, &RestartKey, &DeleteCount, 0), 12);
    IS(Directory(MatchThrees, 20, TRUE, &RestartKey, &DeleteCount, 0), 18);
    IS(Directory(MatchThrees, 20, TRUE, &RestartKey, &DeleteCount, 0), 9999);

    // After a deletion the buffer counts, not the key.
    RestartKey = NULL;
    IS(Directory(NULL, 0, FALSE, &RestartKey, &DeleteCount, 30), 30);
    OK(Delete(30));
    IS(Directory(NULL, 0, TRUE, &RestartKey, &DeleteCount, 30), 32);
    IS(DeleteCount, Table.DeleteCount);
    OK(Delete(60));
    IS(Directory(NULL, 0, TRUE, &RestartKey, &DeleteCount, 40), 42);
    IS(Directory(NULL, 0, TRUE, &RestartKey, &DeleteCount, 40), 44);
    Empty();
}

// RtlEnumerateGenericTableAvl goes on behind an element that was deleted on the way.
static void TestDeleteWhileEnumerating(void)
{
    ULONG Key = 0, Wrong = 0;

    Fill(100, 1);
    for (ELEMENT *Element = RtlEnumerateGenericTableAvl(&Table, TRUE); Element != NULL;
         Element = RtlEnumerateGenericTableAvl(&Table, FALSE)) {
        Wrong += Element->Key != Key;
        Wrong += Key % 3 != 1 && !Delete(Key);
        Key += 1;
    }
    IS(Wrong, 0);
    IS(Key, 100);
    IS(RtlNumberGenericTableElementsAvl(&Table), 33);
    Empty();
}

// By their names, as a driver that knows both kinds of table calls them.
static void TestByName(void)
{
    ELEMENT Element = {.Key = 5, .Value = 50}, *Found;
    BOOLEAN IsNew = FALSE;
    RtlInitializeGenericTableAvl(&Table, Compare, Allocate, Free, (PVOID)&Context);
    Found = RtlInsertElementGenericTableAvl(&Table, &Element, sizeof(Element), &IsNew);
    OK(IsNew && Found != NULL && Found != &Element && Found->Value == 50);
    Element.Value = 51;
    OK(RtlInsertElementGenericTableAvl(&Table, &Element, sizeof(Element), &IsNew) == Found);
    OK(!IsNew && Found->Value == 50); // the first one stays
    OK(RtlLookupElementGenericTableAvl(&Table, &Element) == Found);
    Element.Key = 6;
    OK(RtlLookupElementGenericTableAvl(&Table, &Element) == NULL);
    OK(!RtlDeleteElementGenericTableAvl(&Table, &Element));
    RefuseMemory = TRUE;
    OK(RtlInsertElementGenericTableAvl(&Table, &Element, sizeof(Element), &IsNew) == NULL);
    OK(!IsNew);
    RefuseMemory = FALSE;
    IS(RtlNumberGenericTableElementsAvl(&Table), 1);
    OK(RtlGetElementGenericTableAvl(&Table, 0) == Found);
    OK(RtlGetElementGenericTableAvl(&Table, 1) == NULL);
    PVOID NodeOrParent = NULL;
    TABLE_SEARCH_RESULT Result;
    OK(RtlLookupElementGenericTableFullAvl(&Table, &Element, &NodeOrParent, &Result) == NULL);
    IS(Result, TableInsertAsRight);
    PVOID Right =
        RtlInsertElementGenericTableFullAvl(&Table, &Element, sizeof(Element), &IsNew, NodeOrParent, Result);
    OK(IsNew && Right != NULL);
    OK(RtlLookupElementGenericTableFullAvl(&Table, &Element, &NodeOrParent, &Result) == Right);
    IS(Result, TableFoundNode);
    OK(RtlInsertElementGenericTableFullAvl(&Table, &Element, sizeof(Element), &IsNew, NodeOrParent, Result) ==
       Right);
    OK(!IsNew);
    OK(RtlDeleteElementGenericTableAvl(&Table, &Element));
    Element.Key = 5;
    OK(RtlDeleteElementGenericTableAvl(&Table, &Element));
    OK(RtlIsGenericTableEmptyAvl(&Table));
}

TEST_DRIVER(TestEmpty, TestElements, TestAgainstModel, TestSorted, TestFirstMatching, TestDirectory,
            TestDeleteWhileEnumerating, TestByName)
