import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf } from '@sallyport/core'
import { createRegistryClient, openLayout, parseReference, type Repository } from '@sallyport/oci'
import { createMemoryReader } from '../image/generated-image.ts'
import { registryProfiles } from '../registry/quirks/registry-profiles.ts'
import type { RegistryQuirks } from '../registry/quirks/registry-quirks.ts'
import { startRegistry } from '../registry/start-registry.ts'
import { type ContractSubject, streamOf, toContractSubject } from './contract-subject.ts'
import type { CreateRepository } from './contract-repository.ts'
import { describeRepositoryContract } from './describe-repository-contract.ts'
import { type CreateBlobReader, describeBlobReaderContract } from './describe-blob-reader-contract.ts'

async function createLayout(): Promise<ContractSubject<Repository>> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-contract-'))
  const layout = await openLayout(join(folder, 'layout'), { create: true })
  return toContractSubject(layout, () => rm(folder, { recursive: true, force: true }))
}

function registryWith(quirks: Partial<RegistryQuirks>): CreateRepository {
  return async () => {
    const registry = await startRegistry({ quirks })
    const client = createRegistryClient({ settleMs: 0 })
    const repository = client.repository(parseReference(`${registry.host}/team/app:none`))
    return toContractSubject(repository, async () => {
      await client[Symbol.asyncDispose]()
      await registry.close()
    })
  }
}

function readerOf(create: CreateRepository): CreateBlobReader {
  return async (contents) => {
    const created = await create()
    for (const content of contents) {
      const blob = {
        mediaType: 'application/octet-stream',
        digest: digestOf(content),
        size: content.byteLength,
      }
      await created.subject.write(blob, streamOf(content))
    }
    return created
  }
}

describeBlobReaderContract('a reader in memory', async (contents) =>
  toContractSubject(createMemoryReader(new Map(contents.map((content) => [digestOf(content), content])))),
)
describeBlobReaderContract('a layout', readerOf(createLayout))
describeBlobReaderContract('the registry client', readerOf(registryWith({})))
describeBlobReaderContract(
  'the registry client, with redirects',
  readerOf(registryWith({ redirectsBlobs: true })),
)

describeRepositoryContract('a layout', createLayout)
describeRepositoryContract('the registry client', registryWith({}))
for (const [profile, quirks] of Object.entries(registryProfiles)) {
  describeRepositoryContract(`the registry client at ${profile}`, registryWith(quirks), {
    headFindsNothing: quirks.manifestHeadMissing,
    tagsStay: quirks.immutableTags,
  })
}
