import type { ComponentType } from 'react'

export type Tint = 'active' | 'errored' | 'optOut' | 'red' | 'brand' | 'gray'
export type Icon = ComponentType<{ size?: number; stroke?: number; className?: string; 'aria-hidden'?: boolean }>
