export type OptOutErrorCode = 'optout.invalid_domain' | 'optout.no_hash'
