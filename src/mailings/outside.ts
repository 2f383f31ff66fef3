import { BlockList, isIPv6 } from 'node:net'

// Networks that a program behind a firewall can reach and a stranger cannot, and those that reach them by another name (SE-6).
const closed = new BlockList()
for (const network of [
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24',
  '192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4',
  '::/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8',
].flatMap((line) => line.split(' '))) {
  const [address = '', bits] = network.split('/')
  closed.addSubnet(address, Number(bits), isIPv6(address) ? 'ipv6' : 'ipv4')
}

const machine = new BlockList()
machine.addSubnet('127.0.0.0', 8, 'ipv4')
machine.addAddress('::1', 'ipv6')

const isIn = (list: BlockList, address: string) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')

/** True for addresses that everybody on the internet reaches alike. */
export const isPublic = (address: string) => !isIn(closed, address)

export const isOfThisMachine = (address: string) => isIn(machine, address)
