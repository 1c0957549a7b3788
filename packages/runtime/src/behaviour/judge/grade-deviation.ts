import type { FindingGrade } from './finding.ts'

const secretPaths =
  /^\/(?:etc\/(?:shadow|gshadow|sudoers|ssh\/ssh_host_.*_key)|root\/\.ssh\/|home\/[^/]+\/\.ssh\/|(?:var\/)?run\/secrets\/|(?:var\/)?run\/(?:docker|crio|containerd).*\.sock|proc\/(?:\d+|self)\/(?:mem|environ)|proc\/(?:kcore|sysrq-trigger)|dev\/(?:mem|kmem|sd|nvme|vd))/
const codePaths =
  /^\/(?:usr\/(?:local\/)?(?:s?bin|lib(?:32|64|exec)?)|s?bin|lib(?:32|64)?|opt)\/|^\/etc\/(?:ld\.so|cron|profile|init|systemd)/
const quietPaths =
  /^\/(?:proc|sys\/(?:devices|fs\/cgroup|kernel\/mm)|dev\/(?:null|zero|full|u?random|tty|pts|shm)|tmp|var\/tmp)(?:\/|$)/

/** How much a file matters that was opened, and is not in the profile. */
export function gradeOpen(path: string, writes: boolean): FindingGrade {
  if (secretPaths.test(path)) return 'high'
  if (writes && codePaths.test(path)) return 'high'
  if (quietPaths.test(path)) return 'low'
  return writes ? 'medium' : 'low'
}

const strongCapabilities = new Set(
  'SYS_ADMIN SYS_MODULE SYS_PTRACE SYS_RAWIO SYS_BOOT BPF PERFMON NET_ADMIN DAC_READ_SEARCH MAC_ADMIN MKNOD SETFCAP'
    .split(' ')
    .map((name) => `CAP_${name}`),
)

/** How much a capability matters that is not in the profile. */
export function gradeCapability(name: string): FindingGrade {
  return strongCapabilities.has(name) ? 'critical' : 'high'
}

// What goes through io_uring is no system call: neither files nor connections would be told.
const strongCalls = new Set(
  'ptrace process_vm_readv process_vm_writev init_module finit_module delete_module kexec_load kexec_file_load bpf mount umount2 pivot_root setns unshare memfd_create userfaultfd perf_event_open open_by_handle_at keyctl add_key request_key swapon reboot iopl ioperm move_mount fsopen io_uring_setup io_uring_enter io_uring_register'.split(
    ' ',
  ),
)

/** How much a system call matters that is not in the profile. */
export function gradeSyscall(name: string): FindingGrade {
  return strongCalls.has(name) ? 'high' : 'medium'
}

/** How much a peer matters that is not in the profile: the metadata service of clouds hands out credentials. */
export function gradePeer(address: string): FindingGrade {
  return /^(?:169\.254\.169\.254|169\.254\.170\.2|fd00:ec2::254|100\.100\.100\.200)$/.test(address)
    ? 'critical'
    : 'high'
}

const shells = /^r?(?:ba|da|a|z|k|mk|pdk|tc|c|fi)?sh(?:[\d.]*)$|^(?:busybox|toybox|pwsh|nu|xonsh|elvish)$/
const languages =
  /^(?:python|pypy|perl|ruby|node|nodejs|deno|bun|php|php-cgi|lua|luajit|tclsh|expect|guile|jshell)[\d.]*$|^[gmn]?awk$|^socat\d?$/

/** Whether a program does whatever it is told, by the name it is called by: a shell, or a language's interpreter. */
export function isInterpreter(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return shells.test(name) || languages.test(name)
}

/** How much arguments of a new kind matter: an interpreter that is given its code may do anything. */
export function gradeArguments(path: string, shape: string): FindingGrade {
  const takesCode =
    / (?:-[ceErRp]\*?|--(?:eval|exec|execute|print|command|run|import|require)(?:=\*)?|-) /.test(` ${shape} `)
  return shape.startsWith('(') || (isInterpreter(path) && takesCode) ? 'high' : 'low'
}
