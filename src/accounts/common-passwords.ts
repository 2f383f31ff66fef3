/** The passwords that guessing begins with, in lower case; at least 8 characters, since shorter ones are refused anyway. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `12345678 123456789 1234567890 12345678910 123456789a 123123123 1234567891 0123456789 9876543210 987654321 87654321
  11223344 1122334455 112233445566 12341234 12344321 123454321 123321123 11111111 00000000 88888888 66666666 22222222
  55555555 77777777 99999999 1111111111 0000000000 147258369 147852369 159357456 159753456 741852963 789456123 123698745
  13579246 24681012 31415926 314159265 19841984 19851985 19861986 19871987 19881988 19891989 19901990 20002000 20102010
  password password1 password12 password123 password1234 password12345 password! password1! password123! password01
  passw0rd passw0rd1 p@ssword p@ssw0rd p@ssw0rd1 p@ssword1 p@$$word p@$$w0rd pa$$word pa$$w0rd passwort passwort1
  passwort123 passwort1! motdepasse contrasena contraseña senha123 haslo123 wachtwoord wachtwoord1 parola123 password2
  passwordpassword mypassword mypassword1 newpassword changeme changeme1 changeme123 changeit default1 secret123 topsecret
  letmein1 letmein123 letmeinnow welcome1 welcome12 welcome123 welcome1234 welcome! welcome1! welcome2 willkommen
  willkommen1 bienvenue benvenuto administrator administrator1 admin123 admin1234 admin12345 admin123456 adminadmin
  admin@123 admin123! root1234 rootroot toor1234 superuser superman superman1 batman123 spiderman spiderman1 starwars
  starwars1 pokemon1 pokemon123 football football1 football123 baseball baseball1 basketball basketball1 softball
  volleyball liverpool liverpool1 arsenal1 chelsea1 chelseafc barcelona barcelona1 juventus manchester realmadrid
  qwertyui qwertyuiop qwertyuiop123 qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456 qwertz123 qwertzui qwertzuiop
  azerty123 azertyuiop asdfasdf asdfghjk asdfghjkl asdfghjkl123 asdf1234 zxcvbnm1 zxcvbnm123 zxcvbnm, 1q2w3e4r 1q2w3e4r5t
  1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 zaq12wsx zaq1zaq1 q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6 qazwsxedc qazwsx123
  qwer1234 qweqweqwe qweasdzxc qweasd123 1234qwer 123qweasd 123qweasdzxc 123456qwerty abc12345 abcd1234 abcd12345 abcdefgh
  abcdefghi abcdef123 abcdefg1 abc123456 abc123abc aa123456 aa12345678 a1234567 a12345678 a123456789 a1b2c3d4 a1b2c3d4e5
  test1234 test12345 testtest testing1 testing123 test@123 tester123 example1 example123 sample123 guest123 user1234
  username username1 iloveyou iloveyou1 iloveyou2 iloveyou123 iloveu123 ilovegod lovelove loveme123 loveyou1 mylove123
  princess princess1 princess123 sunshine sunshine1 sunshine123 butterfly butterfly1 chocolate chocolate1 flower123
  rainbow1 blessed1 jesus123 jesuschrist michelle michelle1 jennifer jennifer1 jessica1 danielle alexander alexander1
  nicole123 charlie1 charlie123 michael1 michael123 jordan23 jordan123 ashley123 anthony1 matthew1 andrew123 daniel123
  christian elizabeth elizabeth1 samantha samantha1 patricia benjamin victoria victoria1 sebastian dragon123 monkey123
  shadow123 master123 mustang1 corvette ferrari1 mercedes porsche1 computer computer1 internet internet1 internet123
  samsung1 samsung123 microsoft google123 facebook facebook1 linkedin linkedin1 whatever whatever1 trustno1 trustno1!
  freedom1 killer123 hello123 hello1234 hellohello helloworld helloworld1 summer2023 summer2024 summer2025 summer2026
  winter2023 winter2024 winter2025 winter2026 spring2025 spring2026 autumn2025 autumn2026 january1 december1 november1
  october1 september september1 lastword lastword1 lastword123 last-word newsletter newsletter1 marketing marketing1
  company1 company123 business1 office123 correcthorsebatterystaple`
    .split(/\s+/)
    .filter((word) => word !== ''),
)
