import { type MantineColorScheme, Menu, UnstyledButton, useMantineColorScheme } from '@mantine/core'
import {
  IconCheck,
  IconDeviceDesktop,
  IconKeyboard,
  IconLogout,
  IconMoon,
  IconSelector,
  IconSun,
} from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { Me } from '../../src/accounts/session.contract.ts'
import { anything, del } from '../api.ts'
import { paths } from '../paths.ts'
import type { Icon } from '../ui/look.ts'
import { noticeFault } from '../ui/notice.tsx'
import { initials } from './initials.ts'
import { showKeys } from './shortcuts.ts'

const colours: { scheme: MantineColorScheme; name: string; icon: Icon }[] = [
  { scheme: 'auto', name: 'As the system', icon: IconDeviceDesktop },
  { scheme: 'light', name: 'Light', icon: IconSun },
  { scheme: 'dark', name: 'Dark', icon: IconMoon },
]

export function UserMenu({ me }: { me: Me }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const client = useQueryClient()
  const navigate = useNavigate()
  const signOut = useMutation({
    mutationFn: () => del('/session', anything),
    onSuccess: async () => {
      await navigate({ to: paths.signIn() })
      client.clear()
    },
    onError: noticeFault,
  })
  const name = me.user.name || me.user.email
  return (
    <Menu position="top-start">
      <Menu.Target>
        <UnstyledButton className="account you">
          <span className="sr">You: </span>
          <span className="crest round" aria-hidden>
            {initials(name)}
          </span>
          <span className="grow who">{name}</span>
          <IconSelector size={15} aria-hidden className="fg-gray" />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Colours</Menu.Label>
        {colours.map(({ scheme, name: colour, icon: Sign }) => (
          <Menu.Item
            key={scheme}
            role="menuitemradio"
            aria-checked={colorScheme === scheme}
            leftSection={<Sign size={16} aria-hidden />}
            rightSection={colorScheme === scheme ? <IconCheck size={14} aria-hidden /> : null}
            onClick={() => setColorScheme(scheme)}
          >
            {colour}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconKeyboard size={16} aria-hidden />} onClick={showKeys}>
          Keyboard
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => signOut.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
