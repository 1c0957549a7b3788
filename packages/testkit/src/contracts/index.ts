export { type ContractSubject, toContractSubject } from './contract-subject.ts'
export { type CreateBlobReader, describeBlobReaderContract } from './describe-blob-reader-contract.ts'
export type { CreateRepository } from './contract-repository.ts'
export { describeRepositoryContract, type RepositoryContractOptions } from './describe-repository-contract.ts'
