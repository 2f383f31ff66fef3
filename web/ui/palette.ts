import type { MantineColorsTuple } from '@mantine/core'

// Steps 0 to 2 backgrounds and lines, 3 to 5 marks in charts, 6 filled controls and links, 7 to 9 text on tints.
export const brand: MantineColorsTuple = [
  '#edfbfe',
  '#ddf4fa',
  '#bbe7f2',
  '#8fd4e5',
  '#5ab8ce',
  '#1e99b1',
  '#00778c',
  '#026172',
  '#024c5a',
  '#003843',
]
export const active: MantineColorsTuple = [
  '#effcf3',
  '#e0f6e7',
  '#c1eacf',
  '#98d9b0',
  '#69be8b',
  '#3b9f68',
  '#087f4a',
  '#00683b',
  '#02522e',
  '#003d20',
]
export const errored: MantineColorsTuple = [
  '#fff6ef',
  '#ffebdb',
  '#fad6b9',
  '#f1bb8c',
  '#dc995b',
  '#be762c',
  '#9b5700',
  '#7f4700',
  '#643701',
  '#4b2700',
]
export const optOut: MantineColorsTuple = [
  '#fdf4fe',
  '#fae9fc',
  '#f1d2f6',
  '#e4b4eb',
  '#cc90d5',
  '#ad6db7',
  '#8c4e96',
  '#763b7f',
  '#5e2c66',
  '#461f4c',
]
export const red: MantineColorsTuple = [
  '#fef5f5',
  '#ffeae8',
  '#fed2ce',
  '#ffb0aa',
  '#ff7b76',
  '#e15151',
  '#bc2c32',
  '#a01522',
  '#820415',
  '#63010d',
]
export const gray: MantineColorsTuple = [
  '#f7f9fa',
  '#eff3f4',
  '#e4e8ea',
  '#d5dadc',
  '#b7bbbd',
  '#878d90',
  '#5f6567',
  '#4a4e50',
  '#2d3132',
  '#15191a',
]
export const dark: MantineColorsTuple = [
  '#e3e9eb',
  '#c8cfd2',
  '#a4abad',
  '#858c8f',
  '#3b4246',
  '#2d3337',
  '#22282b',
  '#171c1f',
  '#111517',
  '#0a0e10',
]
