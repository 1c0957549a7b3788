/** Whether a file is a record of packages, or made of such records: it is written anew when packages leave. */
export function isDatabaseFile(path: string): boolean {
  return (
    /^\/(?:var|usr)\/lib\/dpkg\//.test(path) ||
    /^\/(?:usr\/)?lib\/apk\/db\//.test(path) ||
    /^\/(?:var\/lib\/rpm|usr\/lib\/sysimage\/rpm|usr\/share\/rpm|var\/lib\/rpmmanifest)\//.test(path) ||
    files.has(path) ||
    /\/node_modules\/\.package-lock\.json$|\/[^/]+\.dist-info\/RECORD$/.test(path)
  )
}

const files = new Set(['/etc/apk/world', '/var/lib/apt/extended_states', '/etc/ld.so.cache', '/etc/shells'])
