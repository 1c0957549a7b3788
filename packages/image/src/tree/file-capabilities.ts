/** What `security.capability` of a program gives to a process that runs it (capabilities(7), "File capabilities"). */
export interface FileCapabilities {
  /** Those that the process gets, as far as its bounding set has them; e.g. `cap_setuid`. */
  readonly permitted: readonly string[]
  /** Those that the process keeps if it has them as inheritable. */
  readonly inheritable: readonly string[]
  /** Whether they act from the start; without, the program can switch them on by itself. */
  readonly effective: boolean
}

/** By bit (Linux, `include/uapi/linux/capability.h`). */
const names =
  `chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service
net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot
sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog
wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore`.split(/\s+/)

/** Bytes, and words of 32 bits in each set, by revision: the third has the root user of a namespace at its end. */
const revisions: ReadonlyMap<number, { readonly bytes: number; readonly words: number }> = new Map([
  [1, { bytes: 12, words: 1 }],
  [2, { bytes: 20, words: 2 }],
  [3, { bytes: 24, words: 2 }],
])

/** Name of the extended attribute that holds them. */
export const capabilityAttribute = 'security.capability'

/**
 * Reads the value of `security.capability` (`struct vfs_cap_data` of Linux). `undefined` when it has none of the forms that a kernel
 * takes: nobody can say what another would make of it. A bit without a name is `cap_` and its number.
 */
export function parseFileCapabilities(value: Uint8Array): FileCapabilities | undefined {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  if (value.byteLength < 4) return undefined
  const magic = view.getUint32(0, true)
  const revision = revisions.get(magic >>> 24)
  if (revision === undefined || value.byteLength !== revision.bytes) return undefined
  const setAt = (offset: number): string[] =>
    Array.from({ length: revision.words * 32 }, (_, bit) => bit)
      .filter((bit) => ((view.getUint32(4 + offset + (bit >> 5) * 8, true) >>> (bit & 31)) & 1) === 1)
      .map((bit) => `cap_${names[bit] ?? bit}`)
  return { permitted: setAt(0), inheritable: setAt(4), effective: (magic & 1) === 1 }
}
