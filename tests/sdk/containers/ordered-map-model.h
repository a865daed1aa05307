// SPDX-License-Identifier: MIT
// An ordered map beside a model, an array that has the value of each number, for the map type MAP that is
// defined before this is included, once for each: its key of a number is MAKE_KEY(Number), and the number of
// a key NUMBER_OF(Key).

#define JOIN_(Left, Right) Left##Right
#define JOIN(Left, Right)  JOIN_(Left, Right)
#define OF(Suffix)         JOIN(MAP, Suffix)

// Whether the tree is one: how many things are not as they must be.
static ULONG OF(Damage)(const MAP *Map)
{
    const KMP_TREE_TYPE *Type = &JOIN(KmpType, MAP);
    const KMP_TREE *Tree = &Map->Tree;
    const KMP_TREE_NODE *Level = Tree->Root;
    ULONG Wrong = 0;
    SIZE_T Count = 0, Bytes = 0;

    if (Tree->Root == NULL) {
        return (Tree->Depth | Tree->Count | Tree->Bytes) != 0 || Tree->First != NULL || Tree->Last != NULL;
    }
    for (SIZE_T Depth = Tree->Depth; Depth != 0; Depth -= 1) {
        const KMP_TREE_NODE *Previous = NULL, *Node = Level, *Child = NULL;
        SIZE_T Slots = Depth == 1 ? Type->LeafSlots : Type->InnerSlots;

        if (Depth > 1) {
            Child = Level = KmpTreeChildren(Level, Type)[0];
        } else {
            Wrong += Tree->First != Node;
        }
        for (; Node != NULL; Previous = Node, Node = Node->Next) {
            Wrong += Node->Previous != Previous || Node->Count == 0 || Node->Count > Slots;
            Wrong += Depth > 1 && Node->Count < (Node == Tree->Root ? 2 : Slots / 2);
            if (Depth == 1) {
                Count += Node->Count;
                Bytes += Type->ValuesOffset + Slots * Type->ValueBytes;
                for (SIZE_T Index = 0; Index + 1 < Node->Count; Index += 1) {
                    Wrong += COMPARE(KmpTreeKeys(Node) + Index * Type->KeyBytes,
                                     KmpTreeKeys(Node) + (Index + 1) * Type->KeyBytes, NULL) >= 0;
                }
                continue;
            }
            Bytes += Type->ChildrenOffset + Slots * sizeof(PVOID);
            for (SIZE_T Index = 0; Index < Node->Count; Index += 1, Child = Child->Next) {
                Wrong += KmpTreeChildren(Node, Type)[Index] != Child;
                if (Index != 0) {
                    // The key before a child is that of its first entry.
                    const KMP_TREE_NODE *Leaf = Child;

                    for (SIZE_T Below = Depth - 1; Below > 1; Below -= 1) {
                        Leaf = KmpTreeChildren(Leaf, Type)[0];
                    }
                    Wrong += COMPARE(KmpTreeKeys(Node) + (Index - 1) * Type->KeyBytes, KmpTreeKeys(Leaf),
                                     NULL) != 0;
                }
            }
        }
        Wrong += Child != NULL && Depth > 1;
        Wrong += Depth == 1 && Tree->Last != Previous;
    }
    return Wrong + (Count != Tree->Count) + (Bytes != Tree->Bytes) + (Bytes != Failing.Bytes);
}

static ULONG OF(CheckAll)(const MAP *Map)
{
    OF(Cursor) Cursor = OF(First)(Map);
    ULONG Wrong = OF(Damage)(Map), Number;

    for (Number = 0; Number < DOMAIN; Number += 1) {
        if (Model[Number] != 0) {
            Wrong += Cursor.Key == NULL || NUMBER_OF(*Cursor.Key) != Number || *Cursor.Value != Model[Number];
            if (Wrong != 0) {
                return Wrong;
            }
            OF(Next)(&Cursor);
        }
    }
    Wrong += Cursor.Key != NULL;
    Cursor = OF(Last)(Map);
    while (Number != 0) {
        Number -= 1;
        if (Model[Number] != 0) {
            Wrong += Cursor.Key == NULL || NUMBER_OF(*Cursor.Key) != Number;
            if (Wrong != 0) {
                return Wrong;
            }
            OF(Previous)(&Cursor);
        }
    }
    return Wrong + (Cursor.Key != NULL) + (OF(Count)(Map) != ModelCount);
}

static ULONG OF(Step)(MAP *Map, PULONG64 Random, ULONG Bias)
{
    ULONG Number = (ULONG)(TestRandom(Random) % DOMAIN), Other = Number;
    ULONG64 New = TestRandom(Random) | 1, Old = 0;
    BOOLEAN Inserted, There = Model[Number] != 0;
    PULONG64 Value;
    NTSTATUS Status;
    OF(Cursor) Cursor;

    Failing.Left = TestRandom(Random) % 4 == 0 ? (ULONG)(TestRandom(Random) % 3) : MAXULONG;
    switch (TestRandom(Random) % 100 < Bias ? TestRandom(Random) % 3 : 3 + TestRandom(Random) % 5) {
    case 0:
        Status = OF(Insert)(Map, MAKE_KEY(Number), New);
        if (Status == STATUS_INSUFFICIENT_RESOURCES) {
            return There || Failing.Left != 0;
        }
        if (!There) {
            Model[Number] = New;
            ModelCount += 1;
        }
        return Status != (There ? STATUS_OBJECT_NAME_COLLISION : STATUS_SUCCESS);
    case 1:
        Status = OF(Replace)(Map, MAKE_KEY(Number), New, &Old);
        if (Status == STATUS_INSUFFICIENT_RESOURCES) {
            return There || Failing.Left != 0;
        }
        ModelCount += !There;
        Status = Old != Model[Number] || Status != (There ? STATUS_OBJECT_NAME_EXISTS : STATUS_SUCCESS);
        Model[Number] = New;
        return Status;
    case 2:
        Value = OF(GetOrInsert)(Map, MAKE_KEY(Number), &Inserted);
        if (Value == NULL) {
            return There || Failing.Left != 0 || Inserted;
        }
        if (*Value != Model[Number] || Inserted == There) {
            return 1;
        }
        ModelCount += Inserted;
        *Value = Model[Number] = New;
        return 0;
    case 3:
    case 4:
        Inserted = OF(Erase)(Map, MAKE_KEY(Number), &Old);
        Status = Inserted != There || Old != Model[Number];
        ModelCount -= There;
        Model[Number] = 0;
        return Status;
    case 5:
        Value = OF(Find)(Map, MAKE_KEY(Number));
        return OF(Contains)(Map, MAKE_KEY(Number)) != There ||
               (Value == NULL ? There : *Value != Model[Number]);
    case 6:
        Cursor = OF(LowerBound)(Map, MAKE_KEY(Number));
        while (Other < DOMAIN && Model[Other] == 0) {
            Other += 1;
        }
        if (Other == DOMAIN ? Cursor.Key != NULL : Cursor.Key == NULL || NUMBER_OF(*Cursor.Key) != Other) {
            return 1;
        }
        Cursor = OF(UpperBound)(Map, MAKE_KEY(Number));
        for (Other = Number + 1; Other < DOMAIN && Model[Other] == 0; Other += 1) {
        }
        return Other == DOMAIN ? Cursor.Key != NULL : Cursor.Key == NULL || NUMBER_OF(*Cursor.Key) != Other;
    default:
        // A run goes, each the current one of a walk, and every third stays.
        Cursor = OF(LowerBound)(Map, MAKE_KEY(Number));
        for (ULONG Run = (ULONG)(TestRandom(Random) % 40); Run != 0 && Cursor.Key != NULL; Run -= 1) {
            for (; Model[Other] == 0; Other += 1) {
            }
            if (NUMBER_OF(*Cursor.Key) != Other || *Cursor.Value != Model[Other]) {
                return 1;
            }
            if (Run % 3 == 0) {
                OF(Next)(&Cursor);
            } else {
                OF(EraseAt)(Map, &Cursor);
                Model[Other] = 0;
                ModelCount -= 1;
            }
            Other += 1;
        }
        return 0;
    }
}

static void OF(TestModel)(void)
{
    ULONG Wrong = 0;

    for (ULONG64 Seed = 0; Seed < 40 && Wrong == 0; Seed += 1) {
        ULONG64 Random = Seed * 1000003 + (ULONG64)KmHashSeed() % 1000, First = Random;
        MAP Map;

        OF(Init)(&Map, &Failing.Allocator);
        RtlZeroMemory(Model, sizeof(Model));
        ModelCount = 0;
        for (ULONG Round = 0; Round < 6 && Wrong == 0; Round += 1) {
            for (ULONG Index = 0; Index < 800 && Wrong == 0; Index += 1) {
                Wrong += OF(Step)(&Map, &Random, Round % 2 == 0 ? 97 : 20);
                if (Index % 64 == 0) {
                    Wrong += OF(Damage)(&Map);
                }
            }
            Wrong += OF(CheckAll)(&Map);
        }
        OF(Free)(&Map);
        Wrong += Failing.Outstanding != 0;
        if (Wrong != 0) {
            DbgPrint("# seed %I64u began at %I64u\n", Seed, First);
        }
    }
    Failing.Left = MAXULONG;
    IS(Wrong, 0);
    IS(Failing.Outstanding, 0);
    OK(!Failing.Misused);
}

// In order, from both ends, and to nothing in order: the tree stays one.
static void OF(TestOrders)(void)
{
    for (ULONG Order = 0; Order < 6; Order += 1) {
        ULONG Wrong = 0;
        SIZE_T Bytes;
        MAP Map;

        OF(Init)(&Map, &Failing.Allocator);
        RtlZeroMemory(Model, sizeof(Model));
        for (ULONG Index = 0; Index < DOMAIN; Index += 1) {
            ULONG Number = Order % 3 == 0 ? Index : Order % 3 == 1 ? DOMAIN - 1 - Index : Index * 7 % DOMAIN;

            Wrong += OF(Insert)(&Map, MAKE_KEY(Number), Number + 1) != STATUS_SUCCESS;
            Model[Number] = Number + 1;
            ModelCount = Index + 1;
            Wrong += Index % 50 == 0 ? OF(CheckAll)(&Map) : 0;
        }
        Wrong += OF(CheckAll)(&Map);
        Bytes = OF(Bytes)(&Map);
        // In order, leaves are full, or nearly.
        Wrong += Order % 3 != 2 && Bytes > DOMAIN * (sizeof(*OF(First)(&Map).Key) + 8) * 5 / 3 + 2000;
        for (ULONG Index = 0; Index < DOMAIN; Index += 1) {
            ULONG Number = Order / 3 == 0 ? Index : DOMAIN - 1 - Index;

            Wrong += !OF(Erase)(&Map, MAKE_KEY(Number), NULL);
            Wrong += OF(Contains)(&Map, MAKE_KEY(Number));
            Model[Number] = 0;
            ModelCount = DOMAIN - 1 - Index;
            Wrong += Index % 50 == 0 ? OF(CheckAll)(&Map) : 0;
        }
        Wrong += OF(CheckAll)(&Map);
        IS(Wrong, 0);
        IS(Failing.Outstanding, 0);
    }
}

#undef OF
#undef JOIN
#undef JOIN_
