export { type ContractSubject, toContractSubject } from './contract-subject.ts'
export { type CreateBlobReader, describeBlobReaderContract } from './describe-blob-reader-contract.ts'
export type { CreateRepository, RepositoryContractOptions } from './contract-repository.ts'
export { describeRepositoryContract } from './describe-repository-contract.ts'
