import { RuntimeError } from '../../errors.ts'
import type { ApprovedProfile, EnforcedProfile } from '../profile/profile.ts'
import { withEquivalents } from '../profile/equivalent-syscalls.ts'
import { requireApproved } from '../profile/profile-states.ts'
import { findMissingCoverage, type SaturationOptions } from '../profile/saturation.ts'

/** A seccomp profile as runtimes read it (OCI runtime specification, config-linux.md, "Seccomp"). */
export interface SeccompProfile {
  /** What happens to a system call that no rule names. */
  readonly defaultAction: 'SCMP_ACT_ERRNO' | 'SCMP_ACT_LOG' | 'SCMP_ACT_KILL_PROCESS'
  /** Only with `SCMP_ACT_ERRNO`: 1, EPERM. */
  readonly defaultErrnoRet?: 1 | undefined
  /** Architectures that it holds for, as seccomp names them. */
  readonly architectures: readonly string[]
  /** The rules. */
  readonly syscalls: readonly SeccompRule[]
}

/** What happens to some system calls, perhaps only with certain arguments. */
export interface SeccompRule {
  /** Names of the kernel's table. */
  readonly names: readonly string[]
  /** What happens to these calls. */
  readonly action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO'
  /** With `SCMP_ACT_ERRNO`: the error that the call gives. */
  readonly errnoRet?: number | undefined
  /** The rule holds only when the argument at `index`, masked by `value`, is `valueTwo`. */
  readonly args?:
    | readonly {
        readonly index: number
        readonly value: number
        readonly valueTwo: number
        readonly op: 'SCMP_CMP_MASKED_EQ'
      }[]
    | undefined
}

/** Options of {@link exportSeccompProfile}. */
export interface SeccompOptions {
  /** Architectures that it was learned on, as in platforms: names of system calls differ between them. */
  readonly architectures: readonly ('386' | 'amd64' | 'arm' | 'arm64' | 'ppc64le' | 'riscv64' | 's390x')[]
  /** What happens to other calls. Default `errno`. `log` lets them pass and writes to the audit log. */
  readonly otherwise?: 'errno' | 'log' | 'kill' | undefined
  /**
   * Lets the workload make namespaces by clone(2) and clone3(2), as browsers do for their sandbox. Default `false`, as in
   * the default profiles of Docker and containerd.
   */
  readonly unsafeAllowNamespaces?: boolean | undefined
  /** What counts as all system calls; give what the profile was proposed with. */
  readonly saturation?: SaturationOptions | undefined
}

const architectures = {
  '386': 'SCMP_ARCH_X86',
  amd64: 'SCMP_ARCH_X86_64',
  arm: 'SCMP_ARCH_ARM',
  arm64: 'SCMP_ARCH_AARCH64',
  ppc64le: 'SCMP_ARCH_PPC64LE',
  riscv64: 'SCMP_ARCH_RISCV64',
  s390x: 'SCMP_ARCH_S390X',
} as const

/**
 * What a runtime itself calls between loading the filter and the workload's first instruction: it drops privileges,
 * changes folder, waits on its start pipe and executes; runc's Go runtime needs the rest, and puts the limit of open files
 * back. It has what moby#22252 and runc#2097 list, and nothing that Docker's default profile does not allow.
 */
const startSyscalls =
  `access arch_prctl brk capget capset chdir clone close close_range dup2 dup3 epoll_create1 epoll_ctl
  epoll_pwait eventfd2 execve exit exit_group faccessat2 fchdir fchown fcntl fstat fstatfs futex getcwd
  getdents64 getegid geteuid getgid getpid getppid gettid getuid ioctl lseek madvise mmap mprotect
  munmap nanosleep newfstatat openat openat2 pipe2 prctl pread64 prlimit64 read readlinkat rseq
  rt_sigaction rt_sigprocmask rt_sigreturn sched_getaffinity sched_yield seccomp set_robust_list set_tid_address
  setgid setgroups setresgid setresuid setsid setuid sigaltstack statx tgkill umask uname write`.split(/\s+/)

/** CLONE_NEW* of clone(2): namespaces, in which a process is root and reaches more of the kernel. */
const namespaceFlags = 0x7e_02_00_00
const enosys = 38

/** clone without namespaces; clone3, whose flags no filter can see, does not exist, so that C libraries take clone. */
function cloneRules(wanted: SeccompOptions['architectures']): readonly SeccompRule[] {
  const indexes = new Set(wanted.map((name) => (name === 's390x' ? 1 : 0)))
  if (indexes.size > 1)
    throw new RuntimeError('OPTIONS_INVALID', 's390x has other arguments of clone: write its profile apart', {
      subject: 'architectures',
    })
  return [
    {
      names: ['clone'],
      action: 'SCMP_ACT_ALLOW',
      args: [...indexes].map((index) => ({
        index,
        value: namespaceFlags,
        valueTwo: 0,
        op: 'SCMP_CMP_MASKED_EQ',
      })),
    },
    { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: enosys },
  ]
}

/**
 * Writes a seccomp profile that allows the system calls of an approved profile, other forms of the same (`readv` beside
 * `read`), and those that a container's start needs.
 *
 * @throws {RuntimeError} `PROFILE_INVALID` when its system calls were not observed, or are not complete: a filter made of
 * a part breaks the workload.
 */
export function exportSeccompProfile(
  profile: ApprovedProfile | EnforcedProfile,
  { architectures: wanted, otherwise = 'errno', unsafeAllowNamespaces = false, saturation }: SeccompOptions,
): SeccompProfile {
  requireApproved(profile)
  if (wanted.length === 0)
    throw new RuntimeError('OPTIONS_INVALID', 'name the architectures', { subject: 'architectures' })
  const missing = findMissingCoverage(profile, { ...saturation, unsafeAllowUncheckedExecutables: true })
  if (!profile.observes.includes('syscall') || profile.syscalls.length === 0 || missing.length > 0)
    throw new RuntimeError(
      'PROFILE_INVALID',
      `the profile does not have all system calls: ${missing[0]?.message ?? 'they were not observed'}`,
      { subject: profile.workload },
    )
  const names = withEquivalents([...startSyscalls, ...profile.syscalls.map(({ name }) => name)])
  return {
    defaultAction:
      otherwise === 'kill'
        ? 'SCMP_ACT_KILL_PROCESS'
        : otherwise === 'log'
          ? 'SCMP_ACT_LOG'
          : 'SCMP_ACT_ERRNO',
    ...(otherwise === 'errno' ? { defaultErrnoRet: 1 as const } : {}),
    architectures: [...new Set(wanted.map((name) => architectures[name]))].sort(),
    syscalls: unsafeAllowNamespaces
      ? [{ names, action: 'SCMP_ACT_ALLOW' }]
      : [
          {
            names: names.filter((name) => name !== 'clone' && name !== 'clone3'),
            action: 'SCMP_ACT_ALLOW',
          },
          ...cloneRules(wanted),
        ],
  }
}
