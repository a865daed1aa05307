// SPDX-License-Identifier: MIT
// Every pool tag that the kernel allocates with, in the order in which a debugger shows their bytes.
#ifndef KMODE_POOL_TAGS_H
#define KMODE_POOL_TAGS_H

#define TAG_DRIVER_EXTENSION 'xEvD' // IoAllocateDriverObjectExtension
#define TAG_REINITIALIZATION 'eRvD' // IoRegisterDriverReinitialization
#define TAG_MDL              ' ldM' // MDL
#define TAG_SYSTEM_ANSWER    'nASx' // answers of NtQuerySystemInformation
#define TAG_SYSTEM_RANGE     'RsmM' // MI_SYSTEM_RANGE
#define TAG_MEMORY_RANGES    'gRmM' // MmGetPhysicalMemoryRanges
#define TAG_SHUTDOWN         'nShI' // IoRegisterShutdownNotification
#define TAG_ERROR_LOG        'rEoI' // entries of the event log
#define TAG_VPB              'bpVI' // VPB
#define TAG_FS_NOTIFICATION  'nFoI' // IoRegisterFsRegistrationChange
#define TAG_OPLOCK           'pOsF' // FSRTLP_OPLOCK and what hangs on it
#define TAG_MCB              'bMsF' // runs of a BASE_MCB, mutex of a LARGE_MCB
#define TAG_ECP              'cEsF' // ECP_LIST
#define TAG_FILE_NAME        'mNoI' // FILE_OBJECT.FileName
#define TAG_IO_EA            'aEoI' // captured extended attributes
#define TAG_LOADED_MODULE    'dLmM' // KLDR_DATA_TABLE_ENTRY and its names
#define TAG_REGISTRY_PATH    'hPgR' // the RegistryPath a DriverEntry is called with
#define TAG_PROCESSOR        'rcpK' // processor control region
#define TAG_THREAD           'erhT' // ETHREAD
#define TAG_PROCESS_NAME     'mNsP' // EPROCESS.ImagePathName
#define TAG_EXTENDED_STATE   'tatX' // XSAVE area of KeSaveExtendedProcessorState
#define TAG_IRP              ' prI' // IRP
#define TAG_IO_BUFFER        'fBoI' // system buffers of buffered I/O
#define TAG_WORK_ITEM        'kWoI' // IO_WORKITEM
#define TAG_WMI              'pimW' // what kernel/io/wmi-*.c keeps
#define TAG_IO_TIMER         'mToI' // IO_TIMER
#define TAG_OBJECT_TYPE      'TjbO' // OBJECT_TYPE
#define TAG_OBJECT_CREATION  'CjbO' // OBJECT_CREATE_INFORMATION
#define TAG_OBJECT_NAME      'mNbO' // names of objects, targets of links
#define TAG_OBJECT_DIRECTORY 'iDbO' // OBJECT_DIRECTORY_ENTRY
#define TAG_OBJECT_WAIT      'WjbO' // of a wait for many objects
#define TAG_OBJECT_CALLBACK  'KjbO' // ObRegisterCallbacks
#define TAG_EX_TIMER         'mTxE' // EX_TIMER
#define TAG_CALLBACK_OBJECT  'bCxE' // routines registered with a callback object
#define TAG_KE_CALLBACK      'bCeK' // processor change and NMI callbacks
#define TAG_RESOURCE         'aTeR' // owner table of a resource
#define TAG_VERIFIER         'freV' // what the verifier remembers
#define TAG_NAME_MATCH       'mNsF' // matching of long expressions
#define TAG_NOTIFY           'oNsF' // directory change notification
#define TAG_FILE_LOCK        'kLsF' // byte-range locks
#define TAG_CACHE_MAP        'paMC' // cache maps and what hangs on them
#define TAG_CACHE_PAGE       'gPcC' // pages of cached files
#define TAG_ADDRESS_SPACE    'pSdA' // MI_ADDRESS_SPACE
#define TAG_VAD              'SdaV' // ranges of user addresses
#define TAG_SEGMENT          'gSmM' // memory of sections
#define TAG_COPY_VIRTUAL     'wRmM' // buffers between processes
#define TAG_HANDLE_TABLE     'btbO' // HANDLE_TABLE and its pages
#define TAG_KEY              'yKmC' // CM_KEY_CONTROL_BLOCK, its names and lists
#define TAG_KEY_VALUE        'aVmC' // CM_KEY_VALUE and its data
#define TAG_KEY_BUFFER       'uBmC' // captured names and data
#define TAG_KEY_CALLBACK     'bCmC' // CmRegisterCallback, and calls under way
#define TAG_KEY_CONTEXT      'oCmC' // CmSetCallbackObjectContext
#define TAG_KEY_NOTIFY       'tNmC' // ZwNotifyChangeKey
#define TAG_HEAP             'paeH' // locks of heaps
#define TAG_REGISTRY_QUERY   'qRtR' // buffers of RtlQueryRegistryValues
#define TAG_PNP              'pnpP' // device nodes, interfaces, notification, actions
#define TAG_PCI              'BicP' // what the PCI bus driver answers
#define TAG_EVENT_PROVIDER   'pEwE' // EtwRegister, and traits
#define TAG_EVENT_SESSION    'sEwE' // the event session's subscriptions and buffers
#define TAG_PRIVILEGE_SET    'rPeS' // PRIVILEGE_SET of SeAccessCheck and SeAppendPrivileges
#define TAG_POWER_REQUEST    'qRoP' // power requests, idle detection, system states
#define TAG_POWER_SETTING    'tSoP' // PoRegisterPowerSettingCallback
#define TAG_LOGON_SESSION    'sLeS' // SEP_LOGON_SESSION, and who is told of its end
#define TAG_TOKEN_DACL       'dAeS' // default DACLs of tokens
#define TAG_TOKEN_INFO       'nIeS' // captured groups and privileges; SeQueryInformationToken
#define TAG_SECURITY         'dSeS' // security descriptors and lists under construction
#define TAG_OBJECT_SECURITY  'SjbO' // security descriptors of objects
#define TAG_FS               'sFmK' // the file system's nodes, opens, paths
#define TAG_INTERRUPT        'tnIK' // interrupt objects

#endif
