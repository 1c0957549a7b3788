export type { VaultSettings } from '../kms/find-vault-settings.ts'
export { vaultSigner, type VaultSignerOptions } from '../kms/vault-signer.ts'
export type { KmsSignerOptions } from '../kms/kms-signer-options.ts'
