import { describeScannerContract, toContractSubject } from '@sallyport/testkit/contracts'
import { expect, it } from 'vitest'
import { startService } from '../sample-service.ts'
import { serviceScanner } from './service-scanner.ts'

describeScannerContract('serviceScanner', {
  create: async () => {
    const service = await startService()
    return toContractSubject(serviceScanner(service.url), service.close)
  },
  knownVulnerability: 'CVE-2024-28757',
})

it('takes no answer for a failure, not for a clean image', async () => {
  const service = await startService()
  await service.close()
  const inventory = {
    subject: 'sha256:00',
    platform: { os: 'linux', architecture: 'amd64' },
    packages: [],
    gaps: [],
  } as const
  const target = { subject: inventory.subject, platform: inventory.platform, inventory, layoutDirectory: '.' }
  await expect(serviceScanner(service.url).scan(target)).rejects.toMatchObject({ code: 'SCANNER_FAILED' })
})
