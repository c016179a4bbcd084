"""Spanish, as it is written in Mexico, Colombia, Peru, Argentina, Chile and Spain.

The subjunctive asks (`no me llamen`), the indicative reports (`no me llaman`).
"""

from contracts.events.reply import Intent
from services.notify.decisions.phrases.language import Language, Phrase, pattern, words_of

ASKED = (
    "(?:llam|mand|envi|contact|molest|marqu|fastidi|chingu|acos|hostigu|comuniqu|spame|timbr|agobi"
    "|incomod)(?:e|en|es|eis)"
    "|(?:escrib|insist|jod)(?:a|an|as|ais)"
)
ASKED_WITH_ME = "(?:habl|busqu|texte|bombarde|whatsappe)(?:e|en|es|eis)"
DOING = (
    "(?:llamar|marcar|escribir|mandar|enviar|molestar|contactar|insistir|joder|chingar|fregar"
    "|fastidiar|estar|spamear|acosar|hostigar|romper|buscar|textear|hablar|comunicar)(?:me|nos|se)?"
)
ONGOING = "(?:llam|mand|envi|contact|molest|marc|escrib|insist|jod|ching|frieg|busc)(?:ando|iendo)"
MESSAGES = (
    "(?:mensajes?|llamadas?|correos?|mails?|emails?|e mails?|publicidad|spam|promociones"
    "|notificaciones|informacion|whatsapps?|sms|nada)"
)
REMOVE = (
    "(?:(?:quit|borr|elimin|retir|tach)(?:en|e|a|ad|ar|es|as|eis)|saqu(?:en|e|es)|sac(?:a|ad|ar|as)"
    "|(?:remuev|suprim)(?:an|a|as)|suprim(?:id|ir)|remov(?:er|ed))"
)
REGISTER = (
    "(?:listas?|numeros?|datos|base|contactos?|registros?|sistema|directorio|agenda|telefono"
    "|difusion|grupo|cel|celular|correo)"
)
DAYS = "(?:lunes|martes|miercoles|jueves|viernes|sabados?|domingos?|fines? de semana)"
MEANS = (
    "(?:whatsapps?|whats|wasap|wsp|wpp|correo|mail|email|e mail|mensajes?|mensajito|texto|sms"
    "|telefono|llamada|escrito|aqui|aca|este medio|chat|msj)"
)
MEETING = "(?:cita|reunion|sesion|videollamada|entrevista|asesoria|agendad[ao]|meeting|turno|hora)"
CHANGE = (
    "(?:cancel\\w*|mover\\w*|mueve\\w*|muevan\\w*|movemos|cambi\\w*|pospon\\w*|pospuest\\w*"
    "|aplaz\\w*|adelant\\w*|recorr\\w*|pasar\\w*|anul\\w*|suspend\\w*|correr\\w*)"
)
BUSINESS_ANSWERS = (
    pattern(r"""
        gracias por (?:comunicar\w+|contactar\w*|escribir\w*|(?:tu|su) (?:mensaje|preferencia
        |interes|contacto|correo)|ponerte|ponerse|llamar\w*|elegir\w*|visitar\w*)
    """),
    pattern(r"""
        (?:en (?:este|estos) momentos?|por el momento|actualmente) (?:no |nos )?(?:\w+ )?(?:estamos
        |podemos|encontramos|contamos|hay|atendemos)
    """),
    pattern(r"""
        (?:(?:te|le|les|lo|la|nos) )?(?:responderemos|contestaremos|atenderemos|contactaremos
        |comunicaremos|atendera\w*|respondera\w*|estaremos (?:respondiendo|contestando))
    """),
    pattern(
        r"(?:nuestro )?horarios? (?:de )?(?:atencion|servicio|oficina|es)|lunes a (?:viernes"
        r"|sabado)"
    ),
    pattern(
        r"a la brevedad|lo antes posible|en breve|lo mas pronto posible|un asesor"
        r"|(?:bienvenid[oa]s?) a"
    ),
)

SPANISH = Language(
    stop=words_of("""
        baja, dar de baja, darme de baja, dame de baja, denme de baja, la baja, mi baja
        alto, parar, para, paren, pare, parale, parenle, salir, eliminar, eliminarme, remover
        desuscribir, desuscribirme, desuscribirse, borrar, borrarme, borrenme, basta, ya basta
        no mas, no mas mensajes, no mas llamadas, no molestar, no molesten, no llamar, no contactar
        desuscribete, desactivar, cesar, bloquear, parad, cortala, cortenla, ya estuvo
        ya estuvo bueno
    """),
    misspelt=words_of("baja, desuscribir, desuscribirme, eliminar"),
    ordinary=words_of("""
        bajo, caja, paja, faja, raja, maja, bala, bata, bajas, bajar, bajan, vaya, haja, baba, bama
        bana, bara, basa, baza, baya, beja, beja, buja, aja, jaja, laja, taja, saja, hajaja, bajas
        eliminan, eliminas, eliminad, baka, rebaja, bajaj, baila
    """),
    ends=words_of("cancelar, cancela, cancelen, cancele, cancelado, anular"),
    refusals=words_of("no, nop, nel, fin"),
    doubtful=words_of("baja, alto, salir, parar, eliminar, borrar, cancelar"),
    start=words_of("alta, darme de alta, dame de alta, reactivar, reanudar"),
    thanks=words_of("""
        gracias, muchas gracias, mil gracias, ok, oki, okey, okay, va, vale, dale, listo, perfecto
        de acuerdo, enterado, enterada, entendido, excelente, genial, muy amable, super, bueno, sale
        si, claro, recibido, igualmente, ya, joya, barbaro, buenisimo, de nada, con gusto, amen
        bendiciones, sale y vale, esta bien, muy bien, gracias por la informacion, gracias igual
        gracias a ti, gracias a usted, quedo atento, quedo atenta, por supuesto, chevere, bacan
    """),
    fillers=words_of("""
        hola, buenas, buenos, buen, dia, dias, tardes, noches, por favor, porfavor, porfa, porfis
        xfa, xfavor, plis, pls, favor, gracias, muchas, mil, ok, okay, vale, si, ya, bueno, senor
        senora, senorita, senores, amigo, oye, oigan, entonces, pues, quiero, quisiera, deseo
        solicito, pido, necesito, de una vez, che, ahora, la, mi, me, doy, mismo, inmediatamente
        urgente, palabra, digo, escribo, mando, respondo
    """),
    forbids=pattern(rf"""
        (?:no (?:(?:me|nos|le|les|te|se) ){{0,2}}(?:{ASKED})(?:me|nos)?
        |no (?:me|nos) (?:{ASKED_WITH_ME})
        |no (?:(?:me|nos|te|se) )?(?:vuelv(?:an|a|as|ais)|volv(?:er|ais)) a {DOING}
        |no (?:(?:me|nos) )?(?:sig(?:an|a|as|ais)|est(?:en|e|es)) {ONGOING}
        |(?<!para )no (?:(?:volver a|seguir) )?(?:{DOING}|{ONGOING})
        |(?:que|nunca|jamas)(?: mas)? (?:me|nos) vuelv(?:an|a|as|ais) a {DOING}
        |no (?:me|nos) (?:romp|hinch|friegu|joroban|den lata)\w*
        |(?:eviten?|evitar|evita|absten\w+ de|abstengan\w* de) {DOING}
        |no (?:quiero|queremos|deseo|deseamos|acepto|autorizo|permito|necesito|me interesa)
         (?:(?:mas|recibir|sus|esos|estos|tantos|tus|ver|leer|nada de|de) ){{0,3}}{MESSAGES}
        |no (?:quiero|queremos|deseo|deseamos|me interesa|me gusta)
         (?:mas|recibir\w*|que (?:me|nos|sigan|vuelvan|le|les))
        |(?<!no )dej(?:en|e|a|ad|es)(?:me|nos)?(?: ya)?(?: por favor)? de {DOING}
        |(?:par|ces|cort|cortenla|termin|acab)(?:en|e|a|ad)?(?:la|le|se)?(?: ya)?(?: por favor)?
         (?:de|con) (?:{DOING}|(?:\w+ )?{MESSAGES})
        |ya (?:estuvo|fue|estuvo bueno|estuvo bien) (?:de|con) (?:tant[oa]s? )?{MESSAGES}
        |(?:ya )?no mas {MESSAGES})
    """),
    limits=pattern(rf"""
        (?:ahorita|ahora|ahora mismo|hoy|manana|pasado|al rato|luego|despues|todavia|aun
        |(?:a|en) (?:esta|estas|este|estos|esa|esas) (?:horas?|momentos?)|en este rato
        |(?:por|en|de) (?:la|las) (?:mananas?|tardes?|noches?)|de noche|madrugada
        |antes de\w*|despues de\w*|hasta (?:las|la|el|que|manana|despues)|a las? \w+|entre \d+
        |tan temprano|tan tarde|mas tarde|mas adelante|temprano|{DAYS}|esta semana|entre semana
        |en horario|horario|cuando|mientras|tanto|tan seguido|estoy (?:en|manejando|trabajando)
        |yo (?:(?:te|les|los|le|lo) )?(?:llamo|marco|aviso|busco|escribo|contacto|hablo)
        |(?:solo|solamente|unicamente) (?:(?:por|al|en|un|el|mi) ){{0,2}}{MEANS}
        |mejor(?! no| ya no)|prefiero(?! no| que no)|preferible|preferiria(?! no| que no)|sino
        |(?:al|a mi|en el|en mi|a la|en la) (?:trabajo|oficina|casa|esposo|esposa|marido|mujer|mama
        |papa|hijo|hija|jefe|jefa|socio|socia)|a mi \w+|otro numero|al otro
        |(?:escrib|mand|envi|pas|llam|marc|texte|habl)(?:ame|anme|enme|eme|ime|adme|idme|eme)
        |marquenme|marqueme
        |robots?|grabacion\w*|maquina|(?:con|hable) una persona|humano
        |(?:el|la|un|una|ese|esa|otro|otra) (?:link|liga|enlace|cotizacion|ubicacion|factura|pdf
        |catalogo|contrato|presupuesto|propuesta)|cotizacion|presupuesto)
    """),
    for_good=pattern(r"""
        (?:nunca|jamas|para siempre|definitivamente|en absoluto|de nuevo|otra vez
        |mas(?! tarde| adelante| temprano| hoy| por hoy| ahora| ahorita| o menos| bien))
    """),
    about_meeting=pattern(r"""
        (?:cancel\w*|cambi\w*|mover\w*|mueve\w*|muevan\w*|pospon\w*|aplaz\w*|anul\w*|suspend\w*
        |no (?:puedo|podre|voy|vamos|ire|llego|asistire|alcanzo)
        |otr[oa] (?:dia|hora|fecha|momento)|tarde|retras\w*|mejor (?:el|a las|manana|otro))
    """),
    phrases=(
        Phrase(
            Intent.AUTOMATIC,
            "Respuesta automática: estaré fuera de la oficina",
            pattern(r"""
                (?:(?:respuesta|mensaje|contestacion) automatic[oa]|auto ?respuesta|contestador
                |fuera de (?:la )?oficina|asistente virtual|soy un (?:bot|robot)
                |(?:estare|estoy|me encuentro) (?:fuera|ausente|de vacaciones
                |de licencia) (?:\w+ ){0,4}
                (?:del|de|hasta|con|sin) (?:\w+ ){0,8}(?:acceso|correo|regreso|reincorporo|oficina
                |urgente))
            """),
        ),
        Phrase(
            Intent.STOP,
            "quiero que me puedan dar de baja por favor",
            pattern(r"""
                (?:(?!dad[oa]s?\b)d\w{1,8}(?: \w+){0,3} de(?: la)? baja
                |(?:solicit\w*|pid\w*|quier\w*|dese\w*|exij\w*|necesit\w*|tramit\w*|procesa\w*)
                 (?: (?:mi|la|una|el|esta|tramitar|que))* baja
                |baja (?:definitiva|inmediata|total|ya|de (?:la|esta|su|sus|mis|este|los|todo)\b)
                |d(?:ar(?:me)?|en(?:me)?|eme|ame|adme) (?:la )?baja
                |causar baja|(?:pon|poner)\w* de baja)
            """),
        ),
        Phrase(
            Intent.STOP,
            "quítenme de su lista",
            pattern(rf"""
                (?:{REMOVE}(?:me|nos|lo|la|los)?(?: \w+){{0,6}} {REGISTER}
                |(?:quit|borr|elimin|retir)(?:en|e|a|ad|ar)(?:me|nos)(?!(?: \w+){{0,3}} dudas?)
                |que me (?:quiten|borren|eliminen|saquen|retiren)
                |no quiero (?:estar|aparecer|seguir) en (?:su|la|esa|esta|ninguna) (?:lista|base)
                |olvid(?:en|e|a)(?:se)? (?:de )?(?:mi|este) numero)
            """),
        ),
        Phrase(
            Intent.STOP,
            "cancelen mi suscripción",
            pattern(r"""
                (?:(?:cancel|anul)\w* (?:\w+ ){0,2}(?:suscripcion|subscripcion|registro|mensajes
                |envios?|notificaciones|correos)
                |desuscri\w*|dessuscri\w*|desinscri\w*|desafili\w*|unsuscri\w*|desubscri\w*
                |desvincul\w*|me salgo|sacame de aqui|saquenme de aqui)
            """),
        ),
        Phrase(
            Intent.STOP,
            "déjenme en paz",
            pattern(r"""
                (?:dej(?:en|e|a|ad|es)(?:me|nos)(?: ya)? (?:en paz|tranquil[oa]s?)|en paz
                |(?:ya )?basta(?! con)|hart[oa]s? de|me tienen hart[oa]|hasta la madre
                |que hueva|que pesad[oa]s?|que insistentes?|vayanse? a la \w+|vete a la \w+
                |chinguen a su madre|no (?:chinguen|mamen|jodan|friegu?en|rompan))
            """),
        ),
        Phrase(
            Intent.STOP,
            "los voy a reportar por spam",
            pattern(r"""
                (?:(?:voy a|vamos a|los|les|te|lo|la) (?:\w+ )?(?:report|denunci|bloque|demand)\w+
                |(?:report|denunci|bloque|demand)ar(?:e|los|lo|emos|te|les)\b
                |profeco|condusef|repep|acoso|acosando|hostigamiento
                |(?:esto es|puro|son|mucho|por) spam
                |derecho (?:de|a la|al) (?:supresion|cancelacion|oposicion|olvido)|derechos arco
                |habeas data|(?:retiro|revoco|no doy) (?:mi |el )?(?:consentimiento|permiso)
                |no (?:les )?(?:autorizo|di permiso|di mi consentimiento|he autorizado))
            """),
        ),
        Phrase(
            Intent.WRONG_NUMBER,
            "Se equivocó de número",
            pattern(r"""
                (?:(?:numero|telefono|cel|celular|contacto|persona|correo) (?:esta )?
                (?:equivocad[oa]|incorrect[oa]|errone[oa]|mal)
                |equivocad[oa] de (?:numero|persona|telefono|contacto|cel|correo)
                |(?:esta|estan|estas|estais) equivocad[oa]s?
                |(?:se|te|os) (?:estan? |estas |han |haya )?equivoc\w+(?! en\b)
                (?: de| con)?(?: el| la)?(?: numero| persona)?
                |este (?:ya )?no es (?:el|su|mi) (?:numero|telefono|celular|cel)
                |(?:este|el) (?:numero|telefono|celular) (?:ya )?(?:no (?:es|pertenece)|es mio)
                |no soy (?:esa|la|el|quien|aquel|ese) (?:persona|que|quien|busca\w*|indicad[oa])
                |no soy (?:ella|el)|no soy quien
                |(?:aqui|aca) no (?:vive|hay|trabaja|esta|conocemos|se encuentra)
                |no (?:lo |la )?conozco a (?:esa|ese|ningun\w*|nadie|quien)
                |no conozco (?:esa|a esa) persona
                |no (?:me )?(?:registre|inscribi|anote|llene|solicite)(?: en)?
                (?: ningun\w*| nada| esto| eso| informacion)
                |(?:yo )?no (?:les )?(?:pedi|solicite|he pedido|he solicitado)
                (?: ningun\w*| nada| esto| eso| informacion| informes))
            """),
        ),
        Phrase(
            Intent.MEETING_CHANGE,
            "¿Podemos mover la cita al viernes?",
            pattern(rf"""
                (?:{CHANGE}(?: \w+){{0,4}} {MEETING}
                |{MEETING}(?: \w+){{0,5}} (?:{CHANGE}|para otr[oa]|a otr[oa]|otro dia|otra hora)
                |(?:re ?agend|reprogram|recalendariz|replan)\w*
                |(?:llegar|llego|ire|voy)(?: \w+){{0,3}} tarde
                |no (?:voy a poder|vamos a poder|podre|podremos|puedo|alcanzo a|alcanzare a)
                 (?:llegar|asistir|ir|estar|conectarme|presentarme|acudir|entrar)
                |(?:no|ya no) (?:ire|asistire|llego|voy a ir|voy a llegar|voy a asistir)
                (?: a la| hoy| manana| \w+ {MEETING}))
            """),
        ),
        Phrase(
            Intent.NOT_NOW,
            "Por el momento no, gracias",
            pattern(r"""
                (?:(?:por|de) (?:el momento|ahora|ahorita|lo pronto)(?: \w+){0,2} no
                |(?:no|ya no)(?: \w+){0,3} por (?:el momento|ahora|ahorita|lo pronto))
            """),
        ),
        Phrase(
            Intent.NO_INTEREST,
            "Ya no me interesa, gracias",
            pattern(r"""
                (?:(?:ya )?no (?:me|nos|le|les) interes\w+
                |no (?:estoy|estamos|tengo|tenemos|hay|esta)(?: \w+)?(?: interesad[oa]s?| interes)
                |sin interes|perdi el interes
                |ya (?:(?:lo|la|me|nos|los) )?(?:contrat|compr|consegu|encontr|resolv|soluc|elegi
                |decid|adquir|cerr|firm|inscrib)\w*(?! esto| ustedes| con ustedes)
                |ya (?:tengo|tenemos|cuento con|contamos con|estoy con|trabajo con)
                 (?:proveedor|a otr[oa]|otr[oa]|un[oa]?|quien|alguien)
                |(?:ya )?no (?:lo |la |los |las )?(?:necesit|ocup|requi|busc)(?:o|amos|ero|erimos)
                |ya no (?:lo |la )?(?:quiero|queremos|quise|hace falta|es necesario|gracias)
                |no gracias|gracias pero no|muchas gracias pero no|paso gracias|yo paso
                |desisti\w*|cambie de (?:opinion|idea|planes)|me arrepenti|lo (?:deje|dejo) (?:asi
                |ahi)
                |me fui con otr[oa]|nos fuimos con otr[oa]|decidi no|hemos decidido no
                |no (?:voy|vamos) a (?:contratar|comprar|seguir|continuar|querer)
                |^(?:la verdad )?no (?:quiero|queremos|deseo)(?: gracias)?$
                |ya (?:(?:lo|la|nos) )?(?:he|hemos|habia) (?:contratado|comprado|conseguido|resuelto
                |encontrado|elegido)
                |no (?:quiero|deseo) (?:continuar|seguir|contratar|comprar|nada|el servicio))
            """),
        ),
        Phrase(
            Intent.WISH,
            "mejor escríbanme por WhatsApp",
            pattern(rf"""
                (?:(?:prefiero|preferiria|preferible|mejor|solo|unicamente|solamente|de preferencia)
                 (?:que )?(?:(?:me|nos) )?(?:\w+ )?(?:por|al|a mi|en|un|una|el|mi|x
                |con) ?(?:\w+ )?{MEANS}
                |(?:prefiero|preferiria|mejor|solo|solamente) (?:que )?(?:me )?{MEANS}
                |(?:prefiero|preferiria|mejor|solo|solamente) (?:que )?(?:me |nos )?
                (?:escrib|mand|envi|contact|text)\w+
                |(?:solo|unicamente|solamente) (?:puedo|atiendo|contesto|estoy|hay|por|en|despues
                |antes)
                |(?:escrib|mand|envi|contact)\w+ (?:mejor|por|x|al|a mi|solo) ?(?:\w+ )?{MEANS}
                |{MEANS} (?:mejor|por favor|nada mas|unicamente|es mejor)
                |prefiero (?:en|por) (?:la|las) (?:mananas?|tardes?|noches?)
                |prefiero (?:despues|antes) de)
            """),
        ),
        Phrase(
            Intent.WANTS_CALL,
            "¿Me pueden llamar a las 5?",
            pattern(r"""
                (?:(?:llam|marc)(?:ame|anme|adme)|llam(?:enme|eme)|marqu(?:enme|eme)
                |habl(?:ame|eme|enme)(?: \w+)? (?:por telefono|al|a las|a la|cuando)
                |(?:me|nos) (?:puede\w*|podria\w*|podes|podrias|pueden|podeis) (?:\w+ )?
                (?:llamar|marcar|hablar|devolver la llamada)
                |(?:puede\w*|podria\w*|podes|podeis) (?:\w+ )?(?:llamar|marcar)(?:me|nos)
                |(?:me|nos) (?:llam|marc|habl)(?:as|an|a|ais)
                 (?:por|a|al|manana|luego|mas|despues|ahora|en)
                |^(?:si )?(?:me|nos) (?:llam|marc)as$
                |(?:quiero|quisiera|prefiero|necesito|espero|me gustaria|deseo) (?:\w+ )?(?:\w+ )?
                (?:llam\w+|marqu\w+|llamada|hablar por telefono)
                |espero (?:su|tu|la|una) llamada|devu?elv\w+ la llamada|regres\w+ la llamada
                |(?:hablar|platicar|conversar) con (?:un|una|alguien|algun) ?(?:asesor|asesora
                |persona
                |humano|ejecutiv[oa]|vendedor)?|pueden? llamar|puedes? marcar|llamar manana)
            """),
        ),
        Phrase(
            Intent.WANTS_LINK,
            "Pásame el link",
            pattern(r"""
                (?:(?:mand|envi|pas|compart|dame|deme|denme|reenvi|quiero|necesito|ocupo|tienen
                |me das|me pasas|regala|facilita|cual es|donde esta)\w*(?: \w+){0,4} (?:links?
                |ligas?|enlaces?
                |vinculo|url)(?! no| que no)
                |^(?:el |la )?(?:link|liga|enlace)(?: por favor| porfa)?$
                |(?:quiero|quisiera|deseo|me gustaria|como|donde|puedo|necesito|para)
                 (?:\w+ )?(?:agend(?:ar\w*|o|amos)|reservar|sacar (?:una )?cita|hacer (?:una )?cita)
                |(?:quiero|quisiera|necesito|dame|deseo) (?:una |mi |la )?(?:cita|reunion|asesoria)
                |^(?:si )?(?:agendar|agendemos|agendo|quiero agendar))
            """),
        ),
        Phrase(
            Intent.NOT_NOW,
            "Ahorita no puedo, luego les aviso",
            pattern(rf"""
                (?:(?:ahorita|ahora|hoy|todavia|aun|en este momento|en estos momentos|estos dias)
                (?: \w+)? no|no(?: \w+)?(?: \w+)? (?:ahorita|ahora|hoy|todavia|en este momento
                |en estos momentos|atender|contestar|hablar|responder)
                |estoy (?:\w+ )?(?:ocupad[oa]|manejando|conduciendo|trabajando|en (?:una )?(?:junta
                |reunion|clase|clases|consulta|el trabajo|curso|llamada|misa|el medico)|de viaje
                |de vacaciones|fuera|comiendo|viajando)
                |(?:luego|despues|mas tarde|mas adelante|al rato|otro dia|en otro momento
                |otra ocasion|manana|la proxima semana|la semana que viene|el proximo mes|{DAYS})
                (?: \w+){{0,4}} (?:aviso|digo|escribo|marco|llamo|contacto|confirmo|reviso|veo|hablo
                |hablamos|contesto|busco|respondo|platicamos|vemos)
                |(?:les|te|le|yo los|yo te|los|lo) (?:aviso|digo|escribo|marco|llamo|contacto|busco
                |confirmo|hablo)|yo (?:les|te|los) \w+
                |(?:lo|la) (?:pienso|reviso|voy a pensar|checo|consulto|platico)|dejame (?:pensar\w*
                |ver\w*|revisar\w*|checar\w*)|dejeme (?:pensar\w*|ver\w*|revisar\w*)
                |^(?:luego|despues|mas tarde|mas adelante|al rato|ahorita no|otro dia)(?: \w+)?$
                |mas adelante|quizas? (?:luego|despues)|tal vez (?:luego|despues)|el proximo (?:mes
                |ano)
                |la proxima semana|despues de las? \w+|en (?:un|dos|tres|\d+) (?:mes|meses
                |semanas?))
            """),
        ),
        Phrase(
            Intent.QUESTION,
            "¿Cuánto cuesta?",
            pattern(r"""
                ^(?:(?:hola|buenas|buenos|dias|tardes|noches|y|oye|disculpa|disculpe|perdon|pero) )*
                (?:cuant[oa]s?|que|como|cuando|donde|quien|quienes|cual|cuales|por que|para que
                |para cuando|de donde|de que|de quien|con quien|a que|en que|tienen|tienes|tiene
                |hay|hacen|aceptan|manejan|puedo|se puede|es verdad|eres|son|sera)
                |(?:precios?|costos?|informes|mas info|mas informacion|cotizacion|cuanto cuesta
                |cuanto sale|cuanto vale|cuanto cobran|que precio|tengo (?:una |otra )?(?:dudas?
                |pregunta)|quisiera saber|quiero saber|me gustaria saber|me pueden decir)
            """),
        ),
    ),
    business=BUSINESS_ANSWERS,
)
