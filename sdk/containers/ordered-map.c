// SPDX-License-Identifier: MIT
// Ordered maps: how nodes are split, filled up from their neighbours, and joined. What looks for keys is
// inline in the header.
//
// Of a node but the first of its level, the key before it in its parent is that of its first entry: so the
// tree has copies of keys that are there, and of no other.
#include <kmode.h>

static SIZE_T NodeBytes(const KMP_TREE_TYPE *Type, BOOLEAN Leaf)
{
    return Leaf ? Type->ValuesOffset + Type->LeafSlots * Type->ValueBytes
                : Type->ChildrenOffset + Type->InnerSlots * sizeof(PVOID);
}

static VOID FreeNode(KMP_TREE *Tree, const KMP_TREE_TYPE *Type, KMP_TREE_NODE *Node, BOOLEAN Leaf)
{
    SIZE_T Bytes = NodeBytes(Type, Leaf);

    Tree->Bytes -= Bytes;
    KmFree(Tree->Allocator, Node, Bytes);
}

static KMP_TREE_NODE *AllocateNode(KMP_TREE *Tree, const KMP_TREE_TYPE *Type, BOOLEAN Leaf)
{
    SIZE_T Bytes = NodeBytes(Type, Leaf);
    KMP_TREE_NODE *Node = (KMP_TREE_NODE *)KmAllocUninitialized(Tree->Allocator, Bytes);

    if (Node != NULL) {
        Tree->Bytes += Bytes;
        Node->Previous = Node->Next = NULL;
        Node->Count = 0;
    }
    return Node;
}

VOID NTAPI KmpTreeInit(KMP_TREE *Tree, PKM_ALLOCATOR Allocator)
{
    RtlZeroMemory(Tree, sizeof(*Tree));
    Tree->Allocator = Allocator;
}

VOID NTAPI KmpTreeFree(KMP_TREE *Tree, const KMP_TREE_TYPE *Type)
{
    KMP_TREE_NODE *Level = Tree->Root;

    for (SIZE_T Depth = Tree->Depth; Depth != 0; Depth -= 1) {
        KMP_TREE_NODE *Node = Level;

        Level = Depth > 1 ? KmpTreeChildren(Level, Type)[0] : NULL;
        while (Node != NULL) {
            KMP_TREE_NODE *Next = Node->Next;

            FreeNode(Tree, Type, Node, Depth == 1);
            Node = Next;
        }
    }
    KmpTreeInit(Tree, Tree->Allocator);
}

// ---- moves within and between nodes

static PUCHAR KeyAt(const KMP_TREE_TYPE *Type, const KMP_TREE_NODE *Node, SIZE_T Index)
{
    return KmpTreeKeys(Node) + Index * Type->KeyBytes;
}

static PUCHAR ValueAt(const KMP_TREE_TYPE *Type, const KMP_TREE_NODE *Node, SIZE_T Index)
{
    return KmpTreeValues(Node, Type) + Index * Type->ValueBytes;
}

static VOID CopyKey(const KMP_TREE_TYPE *Type, PUCHAR To, const UCHAR *From)
{
    RtlCopyMemory(To, From, Type->KeyBytes);
}

// Count entries from one leaf's Index to another's, which may be the same.
static VOID MoveEntries(const KMP_TREE_TYPE *Type, KMP_TREE_NODE *To, SIZE_T ToIndex,
                        const KMP_TREE_NODE *From, SIZE_T FromIndex, SIZE_T Count)
{
    RtlMoveMemory(KeyAt(Type, To, ToIndex), KeyAt(Type, From, FromIndex), Count * Type->KeyBytes);
    RtlMoveMemory(ValueAt(Type, To, ToIndex), ValueAt(Type, From, FromIndex), Count * Type->ValueBytes);
}

static VOID MoveKeys(const KMP_TREE_TYPE *Type, KMP_TREE_NODE *To, SIZE_T ToIndex, const KMP_TREE_NODE *From,
                     SIZE_T FromIndex, SIZE_T Count)
{
    RtlMoveMemory(KeyAt(Type, To, ToIndex), KeyAt(Type, From, FromIndex), Count * Type->KeyBytes);
}

static VOID MoveChildren(const KMP_TREE_TYPE *Type, KMP_TREE_NODE *To, SIZE_T ToIndex,
                         const KMP_TREE_NODE *From, SIZE_T FromIndex, SIZE_T Count)
{
    RtlMoveMemory(KmpTreeChildren(To, Type) + ToIndex, KmpTreeChildren(From, Type) + FromIndex,
                  Count * sizeof(KMP_TREE_NODE *));
}

static VOID LinkAfter(KMP_TREE_NODE *Node, KMP_TREE_NODE *NewNode)
{
    NewNode->Previous = Node;
    NewNode->Next = Node->Next;
    if (Node->Next != NULL) {
        Node->Next->Previous = NewNode;
    }
    Node->Next = NewNode;
}

static VOID Unlink(KMP_TREE_NODE *Node)
{
    if (Node->Previous != NULL) {
        Node->Previous->Next = Node->Next;
    }
    if (Node->Next != NULL) {
        Node->Next->Previous = Node->Previous;
    }
}

// ---- insertion

// All nodes but a leaf that an insertion takes, in the order in which it does: one for each full node from
// above the leaf up, and a root if the root is full.
typedef struct NEW_NODES {
    KMP_TREE_NODE *Nodes[KMP_TREE_MAXIMUM_DEPTH];
    SIZE_T Count;
    SIZE_T Taken;
} NEW_NODES;

static BOOLEAN AllocateNodes(KMP_TREE *Tree, const KMP_TREE_TYPE *Type, const KMP_TREE_PATH *Path,
                             NEW_NODES *New)
{
    SIZE_T Level = Tree->Depth - 1;

    RtlZeroMemory(New, sizeof(*New));
    while (Level != 0 && Path->Levels[Level - 1].Node->Count == Type->InnerSlots) {
        Level -= 1;
    }
    // Where no node has room, there is a root to come.
    New->Count = Tree->Depth - 1 - Level + (Level == 0);
    for (SIZE_T Index = 0; Index < New->Count; Index += 1) {
        New->Nodes[Index] = AllocateNode(Tree, Type, FALSE);
        if (New->Nodes[Index] == NULL) {
            while (Index != 0) {
                Index -= 1;
                FreeNode(Tree, Type, New->Nodes[Index], FALSE);
            }
            return FALSE;
        }
    }
    return TRUE;
}

static KMP_TREE_NODE *TakeNode(NEW_NODES *New)
{
    New->Taken += 1;
    return New->Nodes[New->Taken - 1];
}

// Opens a place for a child and the key that it begins with, after the child at Index.
static VOID InsertChild(const KMP_TREE_TYPE *Type, KMP_TREE_NODE *Node, SIZE_T Index, const UCHAR *Key,
                        KMP_TREE_NODE *Child)
{
    MoveKeys(Type, Node, Index + 1, Node, Index, Node->Count - 1 - Index);
    MoveChildren(Type, Node, Index + 2, Node, Index + 1, Node->Count - 1 - Index);
    CopyKey(Type, KeyAt(Type, Node, Index), Key);
    KmpTreeChildren(Node, Type)[Index + 1] = Child;
    Node->Count += 1;
}

// Adds NewChild, which begins with Key, behind the child of the node at Level - 1 that the path goes through;
// splits what is full.
static VOID AddChild(KMP_TREE *Tree, const KMP_TREE_TYPE *Type, const KMP_TREE_PATH *Path, SIZE_T Level,
                     NEW_NODES *New, const UCHAR *Key, KMP_TREE_NODE *NewChild)
{
    KMP_TREE_NODE *Root;

    for (; Level != 0; Level -= 1) {
        KMP_TREE_NODE *Node = Path->Levels[Level - 1].Node, *NewNode;
        SIZE_T Index = Path->Levels[Level - 1].Index, Kept = (Type->InnerSlots + 1) / 2;

        if (Node->Count < Type->InnerSlots) {
            InsertChild(Type, Node, Index, Key, NewChild);
            return;
        }
        NewNode = TakeNode(New);
        LinkAfter(Node, NewNode);
        NewNode->Count = Node->Count - Kept;
        MoveChildren(Type, NewNode, 0, Node, Kept, NewNode->Count);
        MoveKeys(Type, NewNode, 0, Node, Kept, NewNode->Count - 1);
        // The key that the new node begins with goes up. Until it is there, it is where no node has a key:
        // there is one place more than keys.
        MoveKeys(Type, NewNode, Type->InnerSlots - 1, Node, Kept - 1, 1);
        Node->Count = Kept;
        if (Index < Kept) {
            InsertChild(Type, Node, Index, Key, NewChild);
        } else {
            InsertChild(Type, NewNode, Index - Kept, Key, NewChild);
        }
        Key = KeyAt(Type, NewNode, Type->InnerSlots - 1);
        NewChild = NewNode;
    }
    Root = TakeNode(New);
    KmpTreeChildren(Root, Type)[0] = Tree->Root;
    Root->Count = 1;
    InsertChild(Type, Root, 0, Key, NewChild);
    Tree->Root = Root;
    Tree->Depth += 1;
}

// Half of a full leaf goes into another; but all or nothing where entries come in order.
static SIZE_T EntriesKept(const KMP_TREE *Tree, const KMP_TREE_NODE *Leaf, SIZE_T Index)
{
    if (Leaf == Tree->Last && Index == Leaf->Count) {
        return Leaf->Count;
    }
    return Leaf == Tree->First && Index == 0 ? 1 : (Leaf->Count + 1) / 2;
}

NTSTATUS NTAPI KmpTreeInsert(KMP_TREE *Tree, const KMP_TREE_TYPE *Type, KMP_TREE_PATH *Path, const VOID *Key,
                             KMP_TREE_PLACE *Place)
{
    KMP_TREE_NODE *Leaf = Place->Leaf, *NewLeaf = NULL;
    NEW_NODES New;
    SIZE_T Index = Place->Index;

    if (Leaf == NULL) {
        Leaf = AllocateNode(Tree, Type, TRUE);
        if (Leaf == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        Tree->Root = Tree->First = Tree->Last = Leaf;
        Tree->Depth = 1;
    } else if (Leaf->Count == Type->LeafSlots) {
        SIZE_T Kept = EntriesKept(Tree, Leaf, Index);

        NewLeaf = AllocateNode(Tree, Type, TRUE);
        if (NewLeaf == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        if (!AllocateNodes(Tree, Type, Path, &New)) {
            FreeNode(Tree, Type, NewLeaf, TRUE);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        LinkAfter(Leaf, NewLeaf);
        NewLeaf->Count = Leaf->Count - Kept;
        MoveEntries(Type, NewLeaf, 0, Leaf, Kept, NewLeaf->Count);
        Leaf->Count = Kept;
        if (Tree->Last == Leaf) {
            Tree->Last = NewLeaf;
        }
    }
    Place->Leaf = Leaf;
    if (NewLeaf != NULL && (Index > Leaf->Count || NewLeaf->Count == 0)) {
        Place->Leaf = NewLeaf;
        Place->Index = Index - Leaf->Count;
    }
    MoveEntries(Type, Place->Leaf, Place->Index + 1, Place->Leaf, Place->Index,
                Place->Leaf->Count - Place->Index);
    CopyKey(Type, KeyAt(Type, Place->Leaf, Place->Index), (const UCHAR *)Key);
    Place->Leaf->Count += 1;
    Tree->Count += 1;
    if (NewLeaf != NULL) {
        AddChild(Tree, Type, Path, Tree->Depth - 1, &New, KeyAt(Type, NewLeaf, 0), NewLeaf);
    }
    return STATUS_SUCCESS;
}

// ---- removal

// Of a node that has children: Index is not the first.
static VOID RemoveChild(const KMP_TREE_TYPE *Type, KMP_TREE_NODE *Node, SIZE_T Index)
{
    MoveKeys(Type, Node, Index - 1, Node, Index, Node->Count - 1 - Index);
    MoveChildren(Type, Node, Index, Node, Index + 1, Node->Count - 1 - Index);
    Node->Count -= 1;
}

// All entries of Right go to the end of Left, before it; Right is the child at Index.
static VOID JoinLeaves(KMP_TREE *Tree, const KMP_TREE_TYPE *Type, KMP_TREE_NODE *Parent, SIZE_T Index,
                       KMP_TREE_NODE *Left, KMP_TREE_NODE *Right)
{
    MoveEntries(Type, Left, Left->Count, Right, 0, Right->Count);
    Left->Count += Right->Count;
    RemoveChild(Type, Parent, Index);
    if (Tree->Last == Right) {
        Tree->Last = Left;
    }
    Unlink(Right);
    FreeNode(Tree, Type, Right, TRUE);
}

static KMP_TREE_NODE *ChildOrNull(const KMP_TREE_TYPE *Type, const KMP_TREE_NODE *Parent, SIZE_T Index)
{
    return Index < Parent->Count ? KmpTreeChildren(Parent, Type)[Index] : NULL;
}

// Joins Leaf, the child at Index, with a neighbour, or takes an entry of one's. Returns the leaf that Place
// was in, or NULL if it is gone; Place moves with its entry.
static KMP_TREE_NODE *RefillLeaf(KMP_TREE *Tree, const KMP_TREE_TYPE *Type, KMP_TREE_NODE *Parent,
                                 SIZE_T Index, KMP_TREE_PLACE *Place)
{
    KMP_TREE_NODE *Leaf = Place->Leaf, *Left = ChildOrNull(Type, Parent, Index - 1),
                  *Right = ChildOrNull(Type, Parent, Index + 1);

    if (Left != NULL && Left->Count + Leaf->Count <= Type->LeafSlots) {
        Place->Leaf = Left;
        Place->Index += Left->Count;
        JoinLeaves(Tree, Type, Parent, Index, Left, Leaf);
        return NULL;
    }
    if (Right != NULL && Leaf->Count + Right->Count <= Type->LeafSlots) {
        JoinLeaves(Tree, Type, Parent, Index + 1, Leaf, Right);
    } else if (Left != NULL) {
        MoveEntries(Type, Leaf, 1, Leaf, 0, Leaf->Count);
        MoveEntries(Type, Leaf, 0, Left, Left->Count - 1, 1);
        Left->Count -= 1;
        Leaf->Count += 1;
        Place->Index += 1;
        MoveKeys(Type, Parent, Index - 1, Leaf, 0, 1);
    } else if (Right != NULL) {
        MoveEntries(Type, Leaf, Leaf->Count, Right, 0, 1);
        MoveEntries(Type, Right, 0, Right, 1, Right->Count - 1);
        Right->Count -= 1;
        Leaf->Count += 1;
        MoveKeys(Type, Parent, Index, Right, 0, 1);
    }
    return Leaf;
}

static VOID JoinInner(KMP_TREE *Tree, const KMP_TREE_TYPE *Type, KMP_TREE_NODE *Parent, SIZE_T Index,
                      KMP_TREE_NODE *Left, KMP_TREE_NODE *Right)
{
    MoveKeys(Type, Left, Left->Count - 1, Parent, Index - 1, 1);
    MoveKeys(Type, Left, Left->Count, Right, 0, Right->Count - 1);
    MoveChildren(Type, Left, Left->Count, Right, 0, Right->Count);
    Left->Count += Right->Count;
    RemoveChild(Type, Parent, Index);
    Unlink(Right);
    FreeNode(Tree, Type, Right, FALSE);
}

// The same for a node that has children. TRUE if its parent has one less.
static BOOLEAN RefillInner(KMP_TREE *Tree, const KMP_TREE_TYPE *Type, KMP_TREE_NODE *Parent, SIZE_T Index,
                           KMP_TREE_NODE *Node)
{
    KMP_TREE_NODE *Left = ChildOrNull(Type, Parent, Index - 1), *Right = ChildOrNull(Type, Parent, Index + 1);

    if (Left != NULL && Left->Count + Node->Count <= Type->InnerSlots) {
        JoinInner(Tree, Type, Parent, Index, Left, Node);
        return TRUE;
    }
    if (Right != NULL && Node->Count + Right->Count <= Type->InnerSlots) {
        JoinInner(Tree, Type, Parent, Index + 1, Node, Right);
        return TRUE;
    }
    if (Left != NULL) {
        MoveKeys(Type, Node, 1, Node, 0, Node->Count - 1);
        MoveChildren(Type, Node, 1, Node, 0, Node->Count);
        MoveKeys(Type, Node, 0, Parent, Index - 1, 1);
        MoveChildren(Type, Node, 0, Left, Left->Count - 1, 1);
        MoveKeys(Type, Parent, Index - 1, Left, Left->Count - 2, 1);
        Left->Count -= 1;
        Node->Count += 1;
    } else if (Right != NULL) {
        MoveKeys(Type, Node, Node->Count - 1, Parent, Index, 1);
        MoveChildren(Type, Node, Node->Count, Right, 0, 1);
        MoveKeys(Type, Parent, Index, Right, 0, 1);
        MoveKeys(Type, Right, 0, Right, 1, Right->Count - 2);
        MoveChildren(Type, Right, 0, Right, 1, Right->Count - 1);
        Right->Count -= 1;
        Node->Count += 1;
    }
    return FALSE;
}

// The node whose first entry has gone begins with another: the last node on the way whose child is not its
// first has the key.
static VOID ReplaceFirstKey(KMP_TREE *Tree, const KMP_TREE_TYPE *Type, const KMP_TREE_PATH *Path,
                            const KMP_TREE_NODE *Leaf)
{
    for (SIZE_T Level = Tree->Depth - 1; Level != 0; Level -= 1) {
        if (Path->Levels[Level - 1].Index != 0) {
            MoveKeys(Type, Path->Levels[Level - 1].Node, Path->Levels[Level - 1].Index - 1, Leaf, 0, 1);
            return;
        }
    }
}

VOID NTAPI KmpTreeErase(KMP_TREE *Tree, const KMP_TREE_TYPE *Type, KMP_TREE_PATH *Path, KMP_TREE_PLACE *Place)
{
    KMP_TREE_NODE *Leaf = Place->Leaf, *Node;
    SIZE_T Index = Place->Index, Level = Tree->Depth - 1;

    MoveEntries(Type, Leaf, Index, Leaf, Index + 1, Leaf->Count - 1 - Index);
    Leaf->Count -= 1;
    Tree->Count -= 1;
    if (Level == 0) {
        if (Leaf->Count == 0) {
            KmpTreeFree(Tree, Type);
            Place->Leaf = NULL;
        }
        return;
    }
    if (Leaf->Count < Type->LeafSlots / 2) {
        Leaf = RefillLeaf(Tree, Type, Path->Levels[Level - 1].Node, Path->Levels[Level - 1].Index, Place);
    }
    if (Index == 0 && Leaf != NULL) {
        ReplaceFirstKey(Tree, Type, Path, Leaf);
    }
    for (Level -= 1; Level != 0; Level -= 1) {
        Node = Path->Levels[Level].Node;
        if (Node->Count >= Type->InnerSlots / 2 ||
            !RefillInner(Tree, Type, Path->Levels[Level - 1].Node, Path->Levels[Level - 1].Index, Node)) {
            return;
        }
    }
    Node = Path->Levels[0].Node;
    if (Node->Count == 1) {
        Tree->Root = KmpTreeChildren(Node, Type)[0];
        Tree->Depth -= 1;
        FreeNode(Tree, Type, Node, FALSE);
    }
}
