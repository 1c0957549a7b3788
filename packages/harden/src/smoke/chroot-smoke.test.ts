import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openImage } from '@sallyport/image'
import { createImage, type FileDescription } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildElf } from '../elf/elf.fixture.ts'
import { chrootSmoke, type ChrootSmokeOptions } from './chroot-smoke.ts'
import { unpackImage } from './unpack-image.ts'

const canRun = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/unshare')
let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chroot-smoke-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const open = (
  files: Readonly<Record<string, FileDescription>>,
  config: Readonly<Record<string, unknown>> = { Entrypoint: ['/program'] },
) => {
  const source = createImage({ layers: [{ files }], config })
  return openImage(source, source.raw, { directory })
}
const run = async (
  files: Readonly<Record<string, FileDescription>>,
  config?: Readonly<Record<string, unknown>>,
  options: ChrootSmokeOptions = {},
) => {
  await using image = await open(files, config)
  return await chrootSmoke({ directory, ...options }).run(image)
}

// A static program of x86-64 that ends with 42: mov edi, 42; mov eax, 60; syscall.
const code = Uint8Array.of(0xbf, 42, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05)
function staticProgram(body: Uint8Array): FileDescription {
  const elf = Buffer.alloc(0x78 + body.byteLength)
  elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  elf.writeUInt16LE(2, 16)
  elf.writeUInt16LE(62, 18)
  elf.writeUInt32LE(1, 20)
  elf.writeBigUInt64LE(0x400078n, 24)
  elf.writeBigUInt64LE(64n, 32)
  elf.writeUInt16LE(64, 52)
  elf.writeUInt16LE(56, 54)
  elf.writeUInt16LE(1, 56)
  elf.writeUInt32LE(1, 64)
  elf.writeUInt32LE(5, 68)
  elf.writeBigUInt64LE(0x400000n, 80)
  elf.writeBigUInt64LE(0x400000n, 88)
  elf.writeBigUInt64LE(BigInt(elf.byteLength), 96)
  elf.writeBigUInt64LE(BigInt(elf.byteLength), 104)
  elf.writeBigUInt64LE(0x1000n, 112)
  elf.set(body, 0x78)
  return { content: elf, mode: 0o755 }
}

describe.skipIf(!canRun || process.arch !== 'x64')('chrootSmoke, as root on Linux', () => {
  it('runs a program of the image and tells how it ended', async () => {
    expect(await run({ '/program': staticProgram(code) })).toMatchObject({ status: 'failed', exitCode: 42 })
    expect(await readdir(directory)).toEqual([])
  })

  it('ends all of it when time is up', async () => {
    // jmp to itself
    const result = await run({ '/program': staticProgram(Uint8Array.of(0xeb, 0xfe)) }, undefined, {
      timeoutMs: 1500,
    })
    expect(result).toMatchObject({ status: 'timed-out' })
  })

  it('fails for a program that can not start', async () => {
    const broken = { content: buildElf({ interpreter: '/lib/none.so' }), mode: 0o755 }
    expect(await run({ '/program': broken })).toMatchObject({ status: 'failed', exitCode: 127 })
  })

  it('does not write through links of the image', async () => {
    const outside = join(directory, 'outside')
    await using image = await open({
      '/a': { symlink: outside },
      '/b': { symlink: '../../../../..' },
      '/c': 'c',
      '/sub/deep': { content: 'd', mode: 0o400 },
    })
    const target = await mkdtemp(join(directory, 'target-'))
    await unpackImage(image, target)
    expect(existsSync(outside)).toBe(false)
    expect((await readdir(target)).sort()).toEqual(['a', 'b', 'c', 'sub'])
    await expect(
      unpackImage(image, await mkdtemp(join(directory, 'x-')), { maxBytes: 1 }),
    ).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
  })

  it.each([
    ['without a command', {}, {}],
    ['of a user that it does not have', {}, { Entrypoint: ['/program'], User: 'nobody-here' }],
    ['with a link for /proc', { '/proc': { symlink: '/etc' } }, { Entrypoint: ['/program'] }],
    [
      'whose variables steer programs, without an env of its own',
      {},
      { Entrypoint: ['/program'], Env: ['LD_DEBUG=all'] },
    ],
  ])('does not run an image %s', async (_, files, config) => {
    await expect(run({ '/program': staticProgram(code), ...files }, config)).rejects.toMatchObject({
      code: 'SMOKE_UNAVAILABLE',
    })
  })
})
