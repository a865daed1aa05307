// SPDX-License-Identifier: MIT
// Addresses as text. S and AddressString of the routines without "Ex" have room for the longest text: 16
// characters for IPv4, 46 for IPv6; those routines return where the terminator is. Ports are in network
// order.
#ifndef KMODE_NT_IP2STRING_H
#define KMODE_NT_IP2STRING_H

#include <inaddr.h>
#include <in6addr.h>

#ifdef __cplusplus
extern "C" {
#endif

NTSYSAPI PSTR NTAPI RtlIpv4AddressToStringA(_In_ const struct in_addr *Addr, _Out_writes_(16) PSTR S);
NTSYSAPI PWSTR NTAPI RtlIpv4AddressToStringW(_In_ const struct in_addr *Addr, _Out_writes_(16) PWSTR S);
NTSYSAPI PSTR NTAPI RtlIpv6AddressToStringA(_In_ const struct in6_addr *Addr, _Out_writes_(46) PSTR S);
NTSYSAPI PWSTR NTAPI RtlIpv6AddressToStringW(_In_ const struct in6_addr *Addr, _Out_writes_(46) PWSTR S);

// *AddressStringLength in characters, the terminator included.
NTSYSAPI NTSTATUS NTAPI RtlIpv4AddressToStringExA(_In_ const struct in_addr *Address, _In_ USHORT Port,
                                                  _Out_writes_to_(*AddressStringLength, *AddressStringLength)
                                                      PSTR AddressString,
                                                  _Inout_ PULONG AddressStringLength);
NTSYSAPI NTSTATUS NTAPI RtlIpv4AddressToStringExW(_In_ const struct in_addr *Address, _In_ USHORT Port,
                                                  _Out_writes_to_(*AddressStringLength, *AddressStringLength)
                                                      PWSTR AddressString,
                                                  _Inout_ PULONG AddressStringLength);
NTSYSAPI NTSTATUS NTAPI RtlIpv6AddressToStringExA(_In_ const struct in6_addr *Address, _In_ ULONG ScopeId,
                                                  _In_ USHORT Port,
                                                  _Out_writes_to_(*AddressStringLength, *AddressStringLength)
                                                      PSTR AddressString,
                                                  _Inout_ PULONG AddressStringLength);
NTSYSAPI NTSTATUS NTAPI RtlIpv6AddressToStringExW(_In_ const struct in6_addr *Address, _In_ ULONG ScopeId,
                                                  _In_ USHORT Port,
                                                  _Out_writes_to_(*AddressStringLength, *AddressStringLength)
                                                      PWSTR AddressString,
                                                  _Inout_ PULONG AddressStringLength);

#ifdef __cplusplus
}
#endif

#endif
