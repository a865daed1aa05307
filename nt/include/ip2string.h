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

// *Terminator: what is behind the address, or where the text ceased to be one. Strict: four decimal parts;
// else one to four, of any base that C has. The routines with "Ex" take the whole text; Port is 0 where it
// has none. STATUS_INVALID_PARAMETER. Any IRQL.
NTSYSAPI NTSTATUS NTAPI RtlIpv4StringToAddressA(_In_ PCSTR String, _In_ BOOLEAN Strict,
                                                _Out_ PCSTR *Terminator, _Out_ struct in_addr *Address);
NTSYSAPI NTSTATUS NTAPI RtlIpv6StringToAddressA(_In_ PCSTR String, _Out_ PCSTR *Terminator,
                                                _Out_ struct in6_addr *Address);
NTSYSAPI NTSTATUS NTAPI RtlIpv4StringToAddressExA(_In_ PCSTR AddressString, _In_ BOOLEAN Strict,
                                                  _Out_ struct in_addr *Address, _Out_ PUSHORT Port);
NTSYSAPI NTSTATUS NTAPI RtlIpv6StringToAddressExA(_In_ PCSTR AddressString, _Out_ struct in6_addr *Address,
                                                  _Out_ PULONG ScopeId, _Out_ PUSHORT Port);
NTSYSAPI NTSTATUS NTAPI RtlIpv4StringToAddressW(_In_ PCWSTR String, _In_ BOOLEAN Strict,
                                                _Out_ PCWSTR *Terminator, _Out_ struct in_addr *Address);
NTSYSAPI NTSTATUS NTAPI RtlIpv6StringToAddressW(_In_ PCWSTR String, _Out_ PCWSTR *Terminator,
                                                _Out_ struct in6_addr *Address);
NTSYSAPI NTSTATUS NTAPI RtlIpv4StringToAddressExW(_In_ PCWSTR AddressString, _In_ BOOLEAN Strict,
                                                  _Out_ struct in_addr *Address, _Out_ PUSHORT Port);
NTSYSAPI NTSTATUS NTAPI RtlIpv6StringToAddressExW(_In_ PCWSTR AddressString, _Out_ struct in6_addr *Address,
                                                  _Out_ PULONG ScopeId, _Out_ PUSHORT Port);

#ifndef _DL_EUI48_DEF
#define _DL_EUI48_DEF
typedef union _DL_EUI48 {
    UCHAR Byte[6];
} DL_EUI48, *PDL_EUI48;
#endif

// 00-11-22-AA-BB-CC; S has room for 18 characters.
NTSYSAPI NTSTATUS NTAPI RtlEthernetStringToAddressA(_In_ PCSTR S, _Out_ PCSTR *Terminator,
                                                    _Out_ DL_EUI48 *Addr);
NTSYSAPI PSTR NTAPI RtlEthernetAddressToStringA(_In_ const DL_EUI48 *Addr, _Out_writes_(18) PSTR S);
NTSYSAPI NTSTATUS NTAPI RtlEthernetStringToAddressW(_In_ PCWSTR S, _Out_ PCWSTR *Terminator,
                                                    _Out_ DL_EUI48 *Addr);
NTSYSAPI PWSTR NTAPI RtlEthernetAddressToStringW(_In_ const DL_EUI48 *Addr, _Out_writes_(18) PWSTR S);

#ifdef __cplusplus
}
#endif

#endif
