import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { digestOf } from '@sallyport/core'
import {
  type ArchiveRepository,
  createArchive,
  openArchive,
  openLayout,
  type Repository,
} from '@sallyport/oci'
import { type ContractSubject, streamOf, toContractSubject } from './contract-subject.ts'
import { describeBlobReaderContract } from './describe-blob-reader-contract.ts'
import { describeRepositoryContract } from './describe-repository-contract.ts'

const execute = promisify(execFile)

async function createWriter(): Promise<ContractSubject<Repository>> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-contract-'))
  const archive = await createArchive(join(folder, 'a.tar'))
  return toContractSubject(archive, async () => {
    await archive[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })
}

/** Writes go to a layout; for each read it is packed by tar, and the read is that of the archive. */
async function createPackedLayout(): Promise<ContractSubject<Repository>> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-contract-'))
  const layout = await openLayout(join(folder, 'layout'), { create: true })
  const opened: ArchiveRepository[] = []
  async function pack(): Promise<ArchiveRepository> {
    const path = join(folder, `${opened.length}.tar.gz`)
    await execute('tar', ['--create', '--gzip', '--file', path, '-C', layout.directory, '.'])
    const archive = await openArchive(path)
    opened.push(archive)
    return archive
  }
  const subject: Repository = {
    name: layout.name,
    write: layout.write,
    putManifest: layout.putManifest,
    has: async (...args) => (await pack()).has(...args),
    getManifest: async (...args) => (await pack()).getManifest(...args),
    findManifest: async (...args) => (await pack()).findManifest(...args),
    headManifest: async (...args) => (await pack()).headManifest(...args),
    listReferrers: async (...args) => (await pack()).listReferrers(...args),
    discoverReferrers: async (...args) => (await pack()).discoverReferrers(...args),
    listReferrerEntries: async (...args) => (await pack()).listReferrerEntries(...args),
    async *listTags(...args) {
      yield* (await pack()).listTags(...args)
    },
    async *open(...args) {
      yield* (await pack()).open(...args)
    },
  }
  return toContractSubject(subject, async () => {
    for (const archive of opened) await archive[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })
}

describeRepositoryContract('an archive that is being written', createWriter)
describeRepositoryContract('an archive', createPackedLayout)

describeBlobReaderContract('an archive', async (contents) => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-contract-'))
  const path = join(folder, 'a.tar')
  {
    await using writer = await createArchive(path)
    for (const content of contents) {
      const blob = {
        mediaType: 'application/octet-stream',
        digest: digestOf(content),
        size: content.byteLength,
      }
      await writer.write(blob, streamOf(content))
    }
    await writer.commit()
  }
  const archive = await openArchive(path)
  return toContractSubject(archive, async () => {
    await archive[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })
})
