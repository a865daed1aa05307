// SPDX-License-Identifier: MIT
// C++ with classes, templates and virtual functions, and no run time but operator new and delete of its own.
#include <ntddk.h>

void *operator new(size_t Size, POOL_TYPE Type) noexcept
{
    return ExAllocatePoolZero(Type, Size, 'ppcK');
}

void operator delete(void *Object) noexcept
{
    if (Object != nullptr) {
        ExFreePoolWithTag(Object, 'ppcK');
    }
}

void operator delete(void *Object, size_t) noexcept
{
    operator delete(Object);
}

class Shape
{
  public:
    virtual ~Shape() = default;
    virtual ULONG Area() const = 0;
};

class Square final : public Shape
{
  public:
    explicit Square(ULONG Side) : Side_(Side)
    {
    }
    ULONG Area() const override
    {
        return Side_ * Side_;
    }

  private:
    ULONG Side_;
};

template <typename T> class Owner
{
  public:
    explicit Owner(T *Object) : Object_(Object)
    {
    }
    ~Owner()
    {
        delete Object_;
    }
    Owner(const Owner &) = delete;
    Owner &operator=(const Owner &) = delete;
    T *operator->() const
    {
        return Object_;
    }
    explicit operator bool() const
    {
        return Object_ != nullptr;
    }

  private:
    T *Object_;
};

// Apart from objects with destructors: MSVC refuses __try in their company, and clang-19 crashes.
static NTSTATUS Probe(PVOID Address)
{
    __try {
        return *static_cast<volatile UCHAR *>(Address) != 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return static_cast<NTSTATUS>(GetExceptionCode());
    }
}

extern "C" DRIVER_INITIALIZE DriverEntry;

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING)
{
    static const ULONG Limits[] = {1, 2, 3};
    Owner<Shape> Shape_(new (NonPagedPoolNx) Square(Limits[1]));

    if (!Shape_) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    DbgPrint("%lu\n", Shape_->Area());
    DriverObject->DriverUnload = [](PDRIVER_OBJECT) {};
    return Probe(DriverObject);
}
