import { describe, expect, it } from 'vitest'
import { contentOf } from '../files/content.fixture.ts'
import { zipOf } from '../internal/archive.fixture.ts'
import { programExaminer } from './program-examiner.ts'

describe('programExaminer', () => {
  it.each([
    ['', 0],
    ['a comment', 9],
  ])('tells a script that is a zip archive too%s', async (comment, length) => {
    const zip = Buffer.from(zipOf([{ name: 'requests/__init__.py', content: '' }]))
    zip.writeUInt16LE(length, zip.length - 2)
    const archive = Buffer.concat([Buffer.from('#!/usr/bin/env python3\n'), zip, Buffer.from(comment)])
    expect((await programExaminer.examine(contentOf(archive), {}))?.unread).toMatch(/zip archive/)
  })

  it.each([
    ['/app/run', 0o755, true],
    ['/app/run', 0o644, false],
    ['/app/tool.pyz', 0o644, true],
    ['/lib/libz.so.1.3', 0o644, true],
    ['/app/app.jar', 0o755, false],
  ])('selects %s of mode %o: %s', (path, mode, expected) => {
    expect(programExaminer.selects({ path, mode, size: 70_000 })).toBe(expected)
  })
})
