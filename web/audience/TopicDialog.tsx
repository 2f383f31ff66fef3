import { Button, Modal, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { newTopic, type Topic, topic as topicSchema } from '../../src/audience/topic.contract.ts'
import { messageOf, patch, post } from '../api.ts'
import { noticeDone } from '../ui/notice.tsx'

/** Asks for a new topic, or for another name and description of `topic`. */
export function TopicDialog({ topic, opened, onClose }: { topic: Topic | null; opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={topic ? 'Change the topic' : 'Create a topic'}>
      {opened && <TopicForm topic={topic} onClose={onClose} />}
    </Modal>
  )
}

function TopicForm({ topic, onClose }: { topic: Topic | null; onClose: () => void }) {
  const [name, setName] = useState(topic?.name ?? '')
  const [description, setDescription] = useState(topic?.description ?? '')
  const [problem, setProblem] = useState('')
  const client = useQueryClient()
  const save = useMutation({
    mutationFn: (body: { name: string; description: string }) =>
      topic ? patch(`/topics/${topic.id}`, topicSchema, body) : post('/topics', topicSchema, body),
    onSuccess: async (saved) => {
      await client.invalidateQueries({ queryKey: ['topics'] })
      noticeDone(topic ? 'Saved.' : `Created ${saved.name}.`)
      onClose()
    },
    onError: (error) => setProblem(messageOf(error)),
  })
  return (
    <form
      className="stack tight"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        const parsed = newTopic.safeParse({ name, description })
        setProblem(parsed.error?.issues[0]?.message ?? '')
        if (parsed.success) save.mutate(parsed.data)
      }}
    >
      <TextInput
        label="Name"
        description="People see it on the preferences page."
        data-autofocus
        autoComplete="off"
        value={name}
        error={problem}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Textarea
        label="Description (if you like)"
        description="One sentence: what it brings, and how often."
        autosize
        minRows={2}
        maxLength={300}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      <div className="row dialog-acts">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={save.isPending}>
          {topic ? 'Save' : 'Create topic'}
        </Button>
      </div>
    </form>
  )
}
