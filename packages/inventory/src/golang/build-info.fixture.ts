/** Bytes of an ELF program with build information as the Go linker writes it, for tests. */
export function goProgram(
  goVersion: string,
  lines: readonly string[],
  { before = 70_000, flags = 2 }: { readonly before?: number; readonly flags?: number } = {},
): Buffer {
  const header = Buffer.alloc(32)
  header.write('\xff Go buildinf:', 'latin1')
  header[14] = 8
  header[15] = flags
  const mark = Buffer.alloc(16, 0x30)
  const modules = Buffer.concat([mark, Buffer.from(lines.map((line) => `${line}\n`).join('')), mark])
  return Buffer.concat([
    Buffer.from('\x7fELF', 'latin1'),
    Buffer.alloc(before),
    // Programs that read build information have the mark among their own texts.
    Buffer.from('\xff Go buildinf:not here\xff Go buildinf:\x08\x02', 'latin1'),
    Buffer.alloc(30),
    header,
    prefixed(Buffer.from(goVersion)),
    prefixed(modules),
    Buffer.alloc(1_000),
  ])
}

function prefixed(bytes: Uint8Array): Uint8Array {
  const length: number[] = []
  let rest = bytes.length
  for (; rest >= 0x80; rest >>= 7) length.push((rest & 0x7f) | 0x80)
  return Buffer.concat([Buffer.from([...length, rest]), bytes])
}
