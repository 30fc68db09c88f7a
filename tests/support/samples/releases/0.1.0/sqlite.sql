PRAGMA foreign_keys=OFF;
PRAGMA encoding='UTF-8';
BEGIN TRANSACTION;
CREATE TABLE "django_migrations" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app" varchar(255) NOT NULL, "name" varchar(255) NOT NULL, "applied" datetime NOT NULL);
INSERT INTO "django_migrations" VALUES(1,'contenttypes','0001_initial','2026-11-23 09:40:22.824671');
INSERT INTO "django_migrations" VALUES(2,'auth','0001_initial','2026-11-23 09:40:22.848364');
INSERT INTO "django_migrations" VALUES(3,'admin','0001_initial','2026-11-23 09:40:22.861815');
INSERT INTO "django_migrations" VALUES(4,'admin','0002_logentry_remove_auto_add','2026-11-23 09:40:22.879927');
INSERT INTO "django_migrations" VALUES(5,'admin','0003_logentry_add_action_flag_choices','2026-11-23 09:40:22.891656');
INSERT INTO "django_migrations" VALUES(6,'contenttypes','0002_remove_content_type_name','2026-11-23 09:40:22.916821');
INSERT INTO "django_migrations" VALUES(7,'auth','0002_alter_permission_name_max_length','2026-11-23 09:40:22.931318');
INSERT INTO "django_migrations" VALUES(8,'auth','0003_alter_user_email_max_length','2026-11-23 09:40:22.945468');
INSERT INTO "django_migrations" VALUES(9,'auth','0004_alter_user_username_opts','2026-11-23 09:40:22.956334');
INSERT INTO "django_migrations" VALUES(10,'auth','0005_alter_user_last_login_null','2026-11-23 09:40:22.972793');
INSERT INTO "django_migrations" VALUES(11,'auth','0006_require_contenttypes_0002','2026-11-23 09:40:22.975185');
INSERT INTO "django_migrations" VALUES(12,'auth','0007_alter_validators_add_error_messages','2026-11-23 09:40:22.986458');
INSERT INTO "django_migrations" VALUES(13,'auth','0008_alter_user_username_max_length','2026-11-23 09:40:22.999414');
INSERT INTO "django_migrations" VALUES(14,'auth','0009_alter_user_last_name_max_length','2026-11-23 09:40:23.012029');
INSERT INTO "django_migrations" VALUES(15,'auth','0010_alter_group_name_max_length','2026-11-23 09:40:23.024399');
INSERT INTO "django_migrations" VALUES(16,'auth','0011_update_proxy_permissions','2026-11-23 09:40:23.035613');
INSERT INTO "django_migrations" VALUES(17,'auth','0012_alter_user_first_name_max_length','2026-11-23 09:40:23.047633');
INSERT INTO "django_migrations" VALUES(18,'memoria','0001_initial','2026-11-23 09:40:23.082679');
INSERT INTO "django_migrations" VALUES(19,'memoria','0002_every_table','2026-11-23 09:40:23.411904');
INSERT INTO "django_migrations" VALUES(20,'memoria','0003_imports','2026-11-23 09:40:23.424282');
INSERT INTO "django_migrations" VALUES(21,'memoria','0004_uploads','2026-11-23 09:40:23.494982');
INSERT INTO "django_migrations" VALUES(22,'memoria','0005_upload_asked_by','2026-11-23 09:40:23.510216');
INSERT INTO "django_migrations" VALUES(23,'sessions','0001_initial','2026-11-23 09:40:23.526742');
CREATE TABLE "auth_group_permissions" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED, "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "auth_user_groups" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "auth_user_user_permissions" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "django_admin_log" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "object_id" text NULL, "object_repr" varchar(200) NOT NULL, "action_flag" smallint unsigned NOT NULL CHECK ("action_flag" >= 0), "change_message" text NOT NULL, "content_type_id" integer NULL REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "action_time" datetime NOT NULL);
CREATE TABLE "django_content_type" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app_label" varchar(100) NOT NULL, "model" varchar(100) NOT NULL);
INSERT INTO "django_content_type" VALUES(1,'memoria','cluster');
INSERT INTO "django_content_type" VALUES(2,'memoria','longtermmemory');
INSERT INTO "django_content_type" VALUES(3,'memoria','memoryrelationship');
INSERT INTO "django_content_type" VALUES(4,'memoria','shorttermmemory');
INSERT INTO "django_content_type" VALUES(5,'memoria','clustermember');
INSERT INTO "django_content_type" VALUES(6,'memoria','team');
INSERT INTO "django_content_type" VALUES(7,'memoria','workspace');
INSERT INTO "django_content_type" VALUES(8,'memoria','workspacemember');
INSERT INTO "django_content_type" VALUES(9,'memoria','agent');
INSERT INTO "django_content_type" VALUES(10,'memoria','chathistory');
INSERT INTO "django_content_type" VALUES(11,'memoria','memoryentity');
INSERT INTO "django_content_type" VALUES(12,'memoria','spatialmetadata');
INSERT INTO "django_content_type" VALUES(13,'memoria','memoryaccessevent');
INSERT INTO "django_content_type" VALUES(14,'memoria','threadevent');
INSERT INTO "django_content_type" VALUES(15,'memoria','threadmessagelink');
INSERT INTO "django_content_type" VALUES(16,'memoria','linkmemorythread');
INSERT INTO "django_content_type" VALUES(17,'memoria','memoryrule');
INSERT INTO "django_content_type" VALUES(18,'memoria','policyartifact');
INSERT INTO "django_content_type" VALUES(19,'memoria','retentionpolicyaudit');
INSERT INTO "django_content_type" VALUES(20,'memoria','servicemetadata');
INSERT INTO "django_content_type" VALUES(21,'memoria','import');
INSERT INTO "django_content_type" VALUES(22,'memoria','importchange');
INSERT INTO "django_content_type" VALUES(23,'memoria','upload');
INSERT INTO "django_content_type" VALUES(24,'memoria','finding');
INSERT INTO "django_content_type" VALUES(25,'admin','logentry');
INSERT INTO "django_content_type" VALUES(26,'auth','permission');
INSERT INTO "django_content_type" VALUES(27,'auth','group');
INSERT INTO "django_content_type" VALUES(28,'auth','user');
INSERT INTO "django_content_type" VALUES(29,'contenttypes','contenttype');
INSERT INTO "django_content_type" VALUES(30,'sessions','session');
CREATE TABLE "auth_permission" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "content_type_id" integer NOT NULL REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED, "codename" varchar(100) NOT NULL, "name" varchar(255) NOT NULL);
INSERT INTO "auth_permission" VALUES(1,1,'add_cluster','Can add cluster');
INSERT INTO "auth_permission" VALUES(2,1,'change_cluster','Can change cluster');
INSERT INTO "auth_permission" VALUES(3,1,'delete_cluster','Can delete cluster');
INSERT INTO "auth_permission" VALUES(4,1,'view_cluster','Can view cluster');
INSERT INTO "auth_permission" VALUES(5,2,'add_longtermmemory','Can add long-term memory');
INSERT INTO "auth_permission" VALUES(6,2,'change_longtermmemory','Can change long-term memory');
INSERT INTO "auth_permission" VALUES(7,2,'delete_longtermmemory','Can delete long-term memory');
INSERT INTO "auth_permission" VALUES(8,2,'view_longtermmemory','Can view long-term memory');
INSERT INTO "auth_permission" VALUES(9,3,'add_memoryrelationship','Can add memory relationship');
INSERT INTO "auth_permission" VALUES(10,3,'change_memoryrelationship','Can change memory relationship');
INSERT INTO "auth_permission" VALUES(11,3,'delete_memoryrelationship','Can delete memory relationship');
INSERT INTO "auth_permission" VALUES(12,3,'view_memoryrelationship','Can view memory relationship');
INSERT INTO "auth_permission" VALUES(13,4,'add_shorttermmemory','Can add short-term memory');
INSERT INTO "auth_permission" VALUES(14,4,'change_shorttermmemory','Can change short-term memory');
INSERT INTO "auth_permission" VALUES(15,4,'delete_shorttermmemory','Can delete short-term memory');
INSERT INTO "auth_permission" VALUES(16,4,'view_shorttermmemory','Can view short-term memory');
INSERT INTO "auth_permission" VALUES(17,5,'add_clustermember','Can add cluster member');
INSERT INTO "auth_permission" VALUES(18,5,'change_clustermember','Can change cluster member');
INSERT INTO "auth_permission" VALUES(19,5,'delete_clustermember','Can delete cluster member');
INSERT INTO "auth_permission" VALUES(20,5,'view_clustermember','Can view cluster member');
INSERT INTO "auth_permission" VALUES(21,6,'add_team','Can add team');
INSERT INTO "auth_permission" VALUES(22,6,'change_team','Can change team');
INSERT INTO "auth_permission" VALUES(23,6,'delete_team','Can delete team');
INSERT INTO "auth_permission" VALUES(24,6,'view_team','Can view team');
INSERT INTO "auth_permission" VALUES(25,7,'add_workspace','Can add workspace');
INSERT INTO "auth_permission" VALUES(26,7,'change_workspace','Can change workspace');
INSERT INTO "auth_permission" VALUES(27,7,'delete_workspace','Can delete workspace');
INSERT INTO "auth_permission" VALUES(28,7,'view_workspace','Can view workspace');
INSERT INTO "auth_permission" VALUES(29,8,'add_workspacemember','Can add workspace member');
INSERT INTO "auth_permission" VALUES(30,8,'change_workspacemember','Can change workspace member');
INSERT INTO "auth_permission" VALUES(31,8,'delete_workspacemember','Can delete workspace member');
INSERT INTO "auth_permission" VALUES(32,8,'view_workspacemember','Can view workspace member');
INSERT INTO "auth_permission" VALUES(33,9,'add_agent','Can add agent');
INSERT INTO "auth_permission" VALUES(34,9,'change_agent','Can change agent');
INSERT INTO "auth_permission" VALUES(35,9,'delete_agent','Can delete agent');
INSERT INTO "auth_permission" VALUES(36,9,'view_agent','Can view agent');
INSERT INTO "auth_permission" VALUES(37,10,'add_chathistory','Can add chat');
INSERT INTO "auth_permission" VALUES(38,10,'change_chathistory','Can change chat');
INSERT INTO "auth_permission" VALUES(39,10,'delete_chathistory','Can delete chat');
INSERT INTO "auth_permission" VALUES(40,10,'view_chathistory','Can view chat');
INSERT INTO "auth_permission" VALUES(41,11,'add_memoryentity','Can add memory entity');
INSERT INTO "auth_permission" VALUES(42,11,'change_memoryentity','Can change memory entity');
INSERT INTO "auth_permission" VALUES(43,11,'delete_memoryentity','Can delete memory entity');
INSERT INTO "auth_permission" VALUES(44,11,'view_memoryentity','Can view memory entity');
INSERT INTO "auth_permission" VALUES(45,12,'add_spatialmetadata','Can add spatial metadata');
INSERT INTO "auth_permission" VALUES(46,12,'change_spatialmetadata','Can change spatial metadata');
INSERT INTO "auth_permission" VALUES(47,12,'delete_spatialmetadata','Can delete spatial metadata');
INSERT INTO "auth_permission" VALUES(48,12,'view_spatialmetadata','Can view spatial metadata');
INSERT INTO "auth_permission" VALUES(49,13,'add_memoryaccessevent','Can add memory access event');
INSERT INTO "auth_permission" VALUES(50,13,'change_memoryaccessevent','Can change memory access event');
INSERT INTO "auth_permission" VALUES(51,13,'delete_memoryaccessevent','Can delete memory access event');
INSERT INTO "auth_permission" VALUES(52,13,'view_memoryaccessevent','Can view memory access event');
INSERT INTO "auth_permission" VALUES(53,14,'add_threadevent','Can add thread');
INSERT INTO "auth_permission" VALUES(54,14,'change_threadevent','Can change thread');
INSERT INTO "auth_permission" VALUES(55,14,'delete_threadevent','Can delete thread');
INSERT INTO "auth_permission" VALUES(56,14,'view_threadevent','Can view thread');
INSERT INTO "auth_permission" VALUES(57,15,'add_threadmessagelink','Can add memory of a thread');
INSERT INTO "auth_permission" VALUES(58,15,'change_threadmessagelink','Can change memory of a thread');
INSERT INTO "auth_permission" VALUES(59,15,'delete_threadmessagelink','Can delete memory of a thread');
INSERT INTO "auth_permission" VALUES(60,15,'view_threadmessagelink','Can view memory of a thread');
INSERT INTO "auth_permission" VALUES(61,16,'add_linkmemorythread','Can add link between memories');
INSERT INTO "auth_permission" VALUES(62,16,'change_linkmemorythread','Can change link between memories');
INSERT INTO "auth_permission" VALUES(63,16,'delete_linkmemorythread','Can delete link between memories');
INSERT INTO "auth_permission" VALUES(64,16,'view_linkmemorythread','Can view link between memories');
INSERT INTO "auth_permission" VALUES(65,17,'add_memoryrule','Can add rule');
INSERT INTO "auth_permission" VALUES(66,17,'change_memoryrule','Can change rule');
INSERT INTO "auth_permission" VALUES(67,17,'delete_memoryrule','Can delete rule');
INSERT INTO "auth_permission" VALUES(68,17,'view_memoryrule','Can view rule');
INSERT INTO "auth_permission" VALUES(69,18,'add_policyartifact','Can add policy');
INSERT INTO "auth_permission" VALUES(70,18,'change_policyartifact','Can change policy');
INSERT INTO "auth_permission" VALUES(71,18,'delete_policyartifact','Can delete policy');
INSERT INTO "auth_permission" VALUES(72,18,'view_policyartifact','Can view policy');
INSERT INTO "auth_permission" VALUES(73,19,'add_retentionpolicyaudit','Can add retention audit');
INSERT INTO "auth_permission" VALUES(74,19,'change_retentionpolicyaudit','Can change retention audit');
INSERT INTO "auth_permission" VALUES(75,19,'delete_retentionpolicyaudit','Can delete retention audit');
INSERT INTO "auth_permission" VALUES(76,19,'view_retentionpolicyaudit','Can view retention audit');
INSERT INTO "auth_permission" VALUES(77,20,'add_servicemetadata','Can add service metadata');
INSERT INTO "auth_permission" VALUES(78,20,'change_servicemetadata','Can change service metadata');
INSERT INTO "auth_permission" VALUES(79,20,'delete_servicemetadata','Can delete service metadata');
INSERT INTO "auth_permission" VALUES(80,20,'view_servicemetadata','Can view service metadata');
INSERT INTO "auth_permission" VALUES(81,21,'add_import','Can add import');
INSERT INTO "auth_permission" VALUES(82,21,'change_import','Can change import');
INSERT INTO "auth_permission" VALUES(83,21,'delete_import','Can delete import');
INSERT INTO "auth_permission" VALUES(84,21,'view_import','Can view import');
INSERT INTO "auth_permission" VALUES(85,22,'add_importchange','Can add change of an import');
INSERT INTO "auth_permission" VALUES(86,22,'change_importchange','Can change change of an import');
INSERT INTO "auth_permission" VALUES(87,22,'delete_importchange','Can delete change of an import');
INSERT INTO "auth_permission" VALUES(88,22,'view_importchange','Can view change of an import');
INSERT INTO "auth_permission" VALUES(89,23,'add_upload','Can add upload');
INSERT INTO "auth_permission" VALUES(90,23,'change_upload','Can change upload');
INSERT INTO "auth_permission" VALUES(91,23,'delete_upload','Can delete upload');
INSERT INTO "auth_permission" VALUES(92,23,'view_upload','Can view upload');
INSERT INTO "auth_permission" VALUES(93,23,'export_snapshot','Can export a snapshot');
INSERT INTO "auth_permission" VALUES(94,23,'import_snapshot','Can add and merge rows from a snapshot');
INSERT INTO "auth_permission" VALUES(95,23,'replace_with_snapshot','Can replace tables with a snapshot');
INSERT INTO "auth_permission" VALUES(96,23,'undo_import','Can undo an import');
INSERT INTO "auth_permission" VALUES(97,25,'add_logentry','Can add log entry');
INSERT INTO "auth_permission" VALUES(98,25,'change_logentry','Can change log entry');
INSERT INTO "auth_permission" VALUES(99,25,'delete_logentry','Can delete log entry');
INSERT INTO "auth_permission" VALUES(100,25,'view_logentry','Can view log entry');
INSERT INTO "auth_permission" VALUES(101,26,'add_permission','Can add permission');
INSERT INTO "auth_permission" VALUES(102,26,'change_permission','Can change permission');
INSERT INTO "auth_permission" VALUES(103,26,'delete_permission','Can delete permission');
INSERT INTO "auth_permission" VALUES(104,26,'view_permission','Can view permission');
INSERT INTO "auth_permission" VALUES(105,27,'add_group','Can add group');
INSERT INTO "auth_permission" VALUES(106,27,'change_group','Can change group');
INSERT INTO "auth_permission" VALUES(107,27,'delete_group','Can delete group');
INSERT INTO "auth_permission" VALUES(108,27,'view_group','Can view group');
INSERT INTO "auth_permission" VALUES(109,28,'add_user','Can add user');
INSERT INTO "auth_permission" VALUES(110,28,'change_user','Can change user');
INSERT INTO "auth_permission" VALUES(111,28,'delete_user','Can delete user');
INSERT INTO "auth_permission" VALUES(112,28,'view_user','Can view user');
INSERT INTO "auth_permission" VALUES(113,29,'add_contenttype','Can add content type');
INSERT INTO "auth_permission" VALUES(114,29,'change_contenttype','Can change content type');
INSERT INTO "auth_permission" VALUES(115,29,'delete_contenttype','Can delete content type');
INSERT INTO "auth_permission" VALUES(116,29,'view_contenttype','Can view content type');
INSERT INTO "auth_permission" VALUES(117,30,'add_session','Can add session');
INSERT INTO "auth_permission" VALUES(118,30,'change_session','Can change session');
INSERT INTO "auth_permission" VALUES(119,30,'delete_session','Can delete session');
INSERT INTO "auth_permission" VALUES(120,30,'view_session','Can view session');
CREATE TABLE "auth_group" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(150) NOT NULL UNIQUE);
CREATE TABLE "auth_user" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "password" varchar(128) NOT NULL, "last_login" datetime NULL, "is_superuser" bool NOT NULL, "username" varchar(150) NOT NULL UNIQUE, "last_name" varchar(150) NOT NULL, "email" varchar(254) NOT NULL, "is_staff" bool NOT NULL, "is_active" bool NOT NULL, "date_joined" datetime NOT NULL, "first_name" varchar(150) NOT NULL);
CREATE TABLE "clusters" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "summary" text NOT NULL, "centroid" text NULL, "y_centroid" real NULL, "z_centroid" real NULL, "polarity" real NULL, "subjectivity" real NULL, "size" integer NULL, "avg_importance" real NULL, "update_count" integer NULL, "last_updated" datetime NULL, "weight" real NULL, "total_tokens" integer NULL, "total_chars" integer NULL, CONSTRAINT "ck_clusters_y_centroid_range" CHECK (("y_centroid" IS NULL OR ("y_centroid" >= -15.0 AND "y_centroid" <= 15.0))), CONSTRAINT "ck_clusters_z_centroid_range" CHECK (("z_centroid" IS NULL OR ("z_centroid" >= -15.0 AND "z_centroid" <= 15.0))));
INSERT INTO "clusters" VALUES(-2147483648,'','null',-15.000000000000000,-15.000000000000000,(4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/17179869184.0),(4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/17179869184.0),-2147483648,(4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/17179869184.0),-2147483648,'0001-01-01 00:00:00.000000',(4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/17179869184.0),-2147483648,-2147483648);
INSERT INTO "clusters" VALUES(0,'NaN','[-0.0, 1E+02]',(8901646138474496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/16777216.0),(8901646138474496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/16777216.0),(-9007199254740991.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*34359738368.0),(-9007199254740991.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*34359738368.0),0,(-9007199254740991.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*34359738368.0),0,'9999-12-31 23:59:59.999999',(-9007199254740991.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*34359738368.0),0,0);
INSERT INTO "clusters" VALUES(7,'cluster',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "clusters" VALUES(2147483647,replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'{"b": 1.10, "a": [1e400, 12345678901234567890123, "\ud83d\ude42", "ü", null, {"": "\u0000"}], "b": 2}',15.000000000000000,15.000000000000000,0.30000000000000004,0.30000000000000004,2147483647,0.30000000000000004,2147483647,'2024-02-29 23:59:59.000001',0.30000000000000004,2147483647,2147483647);
CREATE TABLE "memory_relationships" ("relationship_id" text NOT NULL PRIMARY KEY, "source_memory_id" text NOT NULL, "target_memory_id" text NOT NULL, "relationship_type" text NOT NULL, "strength" real DEFAULT 0.5 NOT NULL, "reasoning" text NULL, "namespace" text DEFAULT 'default' NOT NULL, "created_at" datetime NOT NULL);
INSERT INTO "memory_relationships" VALUES('🙂 key',replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),0.30000000000000004,replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'2024-02-29 23:59:59.000001');
INSERT INTO "memory_relationships" VALUES('''; --','','','',(4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/17179869184.0),'','','0001-01-01 00:00:00.000000');
INSERT INTO "memory_relationships" VALUES('','NaN','NaN','NaN',(-9007199254740991.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*34359738368.0),'NaN','NaN','9999-12-31 23:59:59.999999');
INSERT INTO "memory_relationships" VALUES(replace('key\n','\n',char(10)),'m-1','m-2','related_to',0.50000000000000000,NULL,'default','2025-01-02 03:04:05.123456');
CREATE TABLE "teams" ("team_id" varchar(255) NOT NULL PRIMARY KEY, "name" varchar(255) NOT NULL, "slug" varchar(255) NOT NULL, "description" text NULL, "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL);
INSERT INTO "teams" VALUES('🙂 key',replace(replace('0 🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('0 🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'2024-02-29 23:59:59.000001','2024-02-29 23:59:59.000001');
INSERT INTO "teams" VALUES('''; --',replace(replace('1 🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('1 🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'','0001-01-01 00:00:00.000000','0001-01-01 00:00:00.000000');
INSERT INTO "teams" VALUES('',replace(replace('2 🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('2 🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'NaN','9999-12-31 23:59:59.999999','9999-12-31 23:59:59.999999');
INSERT INTO "teams" VALUES(replace('key\n','\n',char(10)),'3 Team','3 team',NULL,'2025-01-02 03:04:05.123456','2025-01-02 03:04:05.123456');
CREATE TABLE "workspaces" ("workspace_id" varchar(255) NOT NULL PRIMARY KEY, "name" varchar(255) NOT NULL, "slug" varchar(255) NOT NULL, "description" text NULL, "owner_id" varchar(255) NULL, "team_id" varchar(255) NULL REFERENCES "teams" ("team_id") ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL);
INSERT INTO "workspaces" VALUES('🙂 key',replace(replace('0 🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('0 🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'🙂 key','2024-02-29 23:59:59.000001','2024-02-29 23:59:59.000001');
INSERT INTO "workspaces" VALUES('''; --',replace(replace('1 🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('1 🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'','','''; --','0001-01-01 00:00:00.000000','0001-01-01 00:00:00.000000');
INSERT INTO "workspaces" VALUES('',replace(replace('2 🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('2 🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'NaN','null','','9999-12-31 23:59:59.999999','9999-12-31 23:59:59.999999');
INSERT INTO "workspaces" VALUES(replace('key\n','\n',char(10)),'3 Workspace','3 workspace',NULL,NULL,NULL,'2025-01-02 03:04:05.123456','2025-01-02 03:04:05.123456');
CREATE TABLE "workspace_members" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "workspace_id" varchar(255) NOT NULL REFERENCES "workspaces" ("workspace_id") ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, "user_id" varchar(255) NOT NULL, "role" varchar(50) NOT NULL, "is_admin" bool NOT NULL, "is_agent" bool NOT NULL, "joined_at" datetime NOT NULL, "updated_at" datetime NOT NULL, CONSTRAINT "uq_workspace_member" UNIQUE ("workspace_id", "user_id"));
INSERT INTO "workspace_members" VALUES(-2147483648,'''; --',replace(replace('1 🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'',0,0,'0001-01-01 00:00:00.000000','0001-01-01 00:00:00.000000');
INSERT INTO "workspace_members" VALUES(0,'',replace(replace('2 🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'null',0,0,'9999-12-31 23:59:59.999999','9999-12-31 23:59:59.999999');
INSERT INTO "workspace_members" VALUES(7,'🙂 key','3 u-1','member',0,0,'2025-01-02 03:04:05.123456','2025-01-02 03:04:05.123456');
INSERT INTO "workspace_members" VALUES(2147483647,'🙂 key',replace(replace('0 🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),1,1,'2024-02-29 23:59:59.000001','2024-02-29 23:59:59.000001');
CREATE TABLE "agents" ("agent_id" varchar(255) NOT NULL PRIMARY KEY, "name" varchar(255) NOT NULL, "role" varchar(255) NULL, "preferred_model" varchar(255) NULL, "is_agent" bool NOT NULL, "metadata" text NULL, "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL);
INSERT INTO "agents" VALUES('🙂 key',replace(replace('0 🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),1,'{"b": 1.10, "a": [1e400, 12345678901234567890123, "\ud83d\ude42", "ü", null, {"": "\u0000"}], "b": 2}','2024-02-29 23:59:59.000001','2024-02-29 23:59:59.000001');
INSERT INTO "agents" VALUES('''; --',replace(replace('1 🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'','',0,'null','0001-01-01 00:00:00.000000','0001-01-01 00:00:00.000000');
INSERT INTO "agents" VALUES('',replace(replace('2 🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'null','null',0,'[-0.0, 1E+02]','9999-12-31 23:59:59.999999','9999-12-31 23:59:59.999999');
INSERT INTO "agents" VALUES(replace('key\n','\n',char(10)),'3 Agent',NULL,NULL,1,NULL,'2025-01-02 03:04:05.123456','2025-01-02 03:04:05.123456');
CREATE TABLE "chat_history" ("chat_id" varchar(255) NOT NULL PRIMARY KEY, "user_input" text NOT NULL, "ai_output" text NOT NULL, "model" varchar(255) NOT NULL, "timestamp" datetime NOT NULL, "session_id" varchar(255) NOT NULL, "namespace" varchar(255) NOT NULL, "tokens_used" integer NULL, "metadata" text NULL, "team_id" varchar(255) NULL REFERENCES "teams" ("team_id") ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, "workspace_id" varchar(255) NULL REFERENCES "workspaces" ("workspace_id") ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, "last_edited_by_model" varchar(255) NULL);
INSERT INTO "chat_history" VALUES('🙂 key',replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'2024-02-29 23:59:59.000001',replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),2147483647,'{"b": 1.10, "a": [1e400, 12345678901234567890123, "\ud83d\ude42", "ü", null, {"": "\u0000"}], "b": 2}','🙂 key','🙂 key',replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)));
INSERT INTO "chat_history" VALUES('''; --','','','','0001-01-01 00:00:00.000000','','',-2147483648,'null','''; --','''; --','');
INSERT INTO "chat_history" VALUES('','NaN','NaN','null','9999-12-31 23:59:59.999999','null','null',0,'[-0.0, 1E+02]','','','null');
INSERT INTO "chat_history" VALUES(replace('key\n','\n',char(10)),'question','answer','model','2025-01-02 03:04:05.123456','session','default',NULL,NULL,NULL,NULL,NULL);
CREATE TABLE "memory_entities" ("entity_id" text NOT NULL PRIMARY KEY, "memory_id" text NOT NULL, "memory_type" text NOT NULL, "entity_type" text NOT NULL, "entity_value" text NOT NULL, "relevance_score" real DEFAULT 0.5 NOT NULL, "entity_context" text NULL, "namespace" text DEFAULT 'default' NOT NULL, "created_at" datetime NOT NULL);
INSERT INTO "memory_entities" VALUES('🙂 key',replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),0.30000000000000004,replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'2024-02-29 23:59:59.000001');
INSERT INTO "memory_entities" VALUES('''; --','','','','',(4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/17179869184.0),'','','0001-01-01 00:00:00.000000');
INSERT INTO "memory_entities" VALUES('','NaN','NaN','NaN','NaN',(-9007199254740991.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*34359738368.0),'NaN','NaN','9999-12-31 23:59:59.999999');
INSERT INTO "memory_entities" VALUES(replace('key\n','\n',char(10)),'m-1','long_term','person','Ada',0.50000000000000000,NULL,'default','2025-01-02 03:04:05.123456');
CREATE TABLE "spatial_metadata" ("memory_id" varchar(255) NOT NULL PRIMARY KEY, "namespace" varchar(255) NOT NULL, "team_id" varchar(255) NULL REFERENCES "teams" ("team_id") ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, "timestamp" datetime NOT NULL, "x" real NULL, "y" real NULL, "z" real NULL, "symbolic_anchors" text NULL, "workspace_id" varchar(255) NULL REFERENCES "workspaces" ("workspace_id") ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "ck_spatial_metadata_namespace_nonempty" CHECK (NOT ("namespace" = '')), CONSTRAINT "ck_spatial_metadata_y_range" CHECK (("y" IS NULL OR ("y" >= -15.0 AND "y" <= 15.0))), CONSTRAINT "ck_spatial_metadata_z_range" CHECK (("z" IS NULL OR ("z" >= -15.0 AND "z" <= 15.0))));
INSERT INTO "spatial_metadata" VALUES('🙂 key','0','🙂 key','2024-02-29 23:59:59.000001',0.30000000000000004,15.000000000000000,15.000000000000000,'{"b": 1.10, "a": [1e400, 12345678901234567890123, "\ud83d\ude42", "ü", null, {"": "\u0000"}], "b": 2}','🙂 key');
INSERT INTO "spatial_metadata" VALUES('''; --','1','''; --','0001-01-01 00:00:00.000000',(4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/17179869184.0),-15.000000000000000,-15.000000000000000,'null','''; --');
INSERT INTO "spatial_metadata" VALUES('','2','','9999-12-31 23:59:59.999999',(-9007199254740991.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*34359738368.0),(8901646138474496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/16777216.0),(8901646138474496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/16777216.0),'[-0.0, 1E+02]','');
INSERT INTO "spatial_metadata" VALUES(replace('key\n','\n',char(10)),'default',NULL,'2025-01-02 03:04:05.123456',NULL,NULL,NULL,NULL,NULL);
CREATE TABLE "memory_access_events" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "memory_id" varchar(255) NOT NULL, "namespace" varchar(255) NOT NULL, "team_id" varchar(255) NULL, "accessed_at" datetime NOT NULL, "access_type" varchar(50) NOT NULL, "source" varchar(50) NULL, "metadata_json" text NULL, "workspace_id" varchar(255) NULL REFERENCES "workspaces" ("workspace_id") ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "memory_access_events" VALUES(-2147483648,'','','','0001-01-01 00:00:00.000000','','','null','''; --');
INSERT INTO "memory_access_events" VALUES(0,'null','null','null','9999-12-31 23:59:59.999999','null','null','[-0.0, 1E+02]','');
INSERT INTO "memory_access_events" VALUES(7,'m-1','default',NULL,'2025-01-02 03:04:05.123456','retrieval',NULL,NULL,NULL);
INSERT INTO "memory_access_events" VALUES(2147483647,replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'2024-02-29 23:59:59.000001',replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'{"b": 1.10, "a": [1e400, 12345678901234567890123, "\ud83d\ude42", "ü", null, {"": "\u0000"}], "b": 2}','🙂 key');
CREATE TABLE "thread_events" ("thread_id" varchar(255) NOT NULL PRIMARY KEY, "namespace" varchar(255) NOT NULL, "symbolic_anchors" text NULL, "ritual_name" varchar(255) NULL, "ritual_phase" varchar(255) NULL, "ritual_metadata" text NULL, "centroid_x" real NULL, "centroid_y" real NULL, "centroid_z" real NULL, "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL);
INSERT INTO "thread_events" VALUES('🙂 key',replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'{"b": 1.10, "a": [1e400, 12345678901234567890123, "\ud83d\ude42", "ü", null, {"": "\u0000"}], "b": 2}',replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'{"b": 1.10, "a": [1e400, 12345678901234567890123, "\ud83d\ude42", "ü", null, {"": "\u0000"}], "b": 2}',0.30000000000000004,0.30000000000000004,0.30000000000000004,'2024-02-29 23:59:59.000001','2024-02-29 23:59:59.000001');
INSERT INTO "thread_events" VALUES('''; --','','null','','','null',(4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/17179869184.0),(4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/17179869184.0),(4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/17179869184.0),'0001-01-01 00:00:00.000000','0001-01-01 00:00:00.000000');
INSERT INTO "thread_events" VALUES('','null','[-0.0, 1E+02]','null','null','[-0.0, 1E+02]',(-9007199254740991.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*34359738368.0),(-9007199254740991.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*34359738368.0),(-9007199254740991.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*34359738368.0),'9999-12-31 23:59:59.999999','9999-12-31 23:59:59.999999');
INSERT INTO "thread_events" VALUES(replace('key\n','\n',char(10)),'default',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2025-01-02 03:04:05.123456','2025-01-02 03:04:05.123456');
CREATE TABLE "thread_message_links" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "thread_id" varchar(255) NOT NULL, "memory_id" varchar(255) NOT NULL, "namespace" varchar(255) NOT NULL, "sequence_index" integer NOT NULL, "role" varchar(50) NULL, "anchor" varchar(255) NULL, "timestamp" datetime NULL);
INSERT INTO "thread_message_links" VALUES(-2147483648,'','','',-2147483648,'','','0001-01-01 00:00:00.000000');
INSERT INTO "thread_message_links" VALUES(0,'null','null','null',0,'null','null','9999-12-31 23:59:59.999999');
INSERT INTO "thread_message_links" VALUES(7,'th-1','m-1','default',0,NULL,NULL,NULL);
INSERT INTO "thread_message_links" VALUES(2147483647,replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),2147483647,replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'2024-02-29 23:59:59.000001');
CREATE TABLE "link_memory_threads" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "source_memory_id" varchar(255) NOT NULL, "target_memory_id" varchar(255) NOT NULL, "relation" varchar(50) NOT NULL, "created_at" datetime NOT NULL);
INSERT INTO "link_memory_threads" VALUES(-2147483648,'','','','0001-01-01 00:00:00.000000');
INSERT INTO "link_memory_threads" VALUES(0,'null','null','null','9999-12-31 23:59:59.999999');
INSERT INTO "link_memory_threads" VALUES(7,'m-1','m-2','related','2025-01-02 03:04:05.123456');
INSERT INTO "link_memory_threads" VALUES(2147483647,replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'2024-02-29 23:59:59.000001');
CREATE TABLE "rules_memory" ("rule_id" text NOT NULL PRIMARY KEY, "rule_text" text NOT NULL, "rule_type" text NOT NULL, "priority" integer DEFAULT 5 NULL, "active" bool DEFAULT 1 NULL, "context_conditions" text NULL, "namespace" text DEFAULT 'default' NOT NULL, "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "processed_data" text NULL, "metadata" text DEFAULT '{}' NULL);
INSERT INTO "rules_memory" VALUES('🙂 key',replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),2147483647,1,replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'2024-02-29 23:59:59.000001','2024-02-29 23:59:59.000001',replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)));
INSERT INTO "rules_memory" VALUES('''; --','','',-2147483648,0,'','','0001-01-01 00:00:00.000000','0001-01-01 00:00:00.000000','','');
INSERT INTO "rules_memory" VALUES('','NaN','NaN',0,0,'NaN','NaN','9999-12-31 23:59:59.999999','9999-12-31 23:59:59.999999','NaN','NaN');
INSERT INTO "rules_memory" VALUES(replace('key\n','\n',char(10)),'rule','style',NULL,NULL,NULL,'default','2025-01-02 03:04:05.123456','2025-01-02 03:04:05.123456',NULL,NULL);
CREATE TABLE "policy_artifacts" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(255) NOT NULL, "artifact_type" varchar(50) NOT NULL, "namespace" varchar(255) NOT NULL, "payload" text NOT NULL, "schema_version" varchar(50) NOT NULL, "created_at" datetime NOT NULL, "updated_at" datetime NOT NULL, "created_by" varchar(255) NULL, "workspace_id" varchar(255) NULL REFERENCES "workspaces" ("workspace_id") ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, "team_id" varchar(255) NULL REFERENCES "teams" ("team_id") ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "uq_policy_artifacts_identity" UNIQUE ("name", "namespace", "workspace_id"));
INSERT INTO "policy_artifacts" VALUES(-2147483648,replace(replace('1 🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'','','null','','0001-01-01 00:00:00.000000','0001-01-01 00:00:00.000000','','''; --','''; --');
INSERT INTO "policy_artifacts" VALUES(0,replace(replace('2 🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'null','null','[-0.0, 1E+02]','null','9999-12-31 23:59:59.999999','9999-12-31 23:59:59.999999','null','','');
INSERT INTO "policy_artifacts" VALUES(7,'3 policy','retention','*','{}','1.0','2025-01-02 03:04:05.123456','2025-01-02 03:04:05.123456',NULL,NULL,NULL);
INSERT INTO "policy_artifacts" VALUES(2147483647,replace(replace('0 🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'{"b": 1.10, "a": [1e400, 12345678901234567890123, "\ud83d\ude42", "ü", null, {"": "\u0000"}], "b": 2}',replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'2024-02-29 23:59:59.000001','2024-02-29 23:59:59.000001',replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'🙂 key','🙂 key');
CREATE TABLE "retention_policy_audits" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "memory_id" varchar(255) NULL, "namespace" varchar(255) NOT NULL, "policy_name" varchar(255) NOT NULL, "action" varchar(50) NOT NULL, "escalate_to" varchar(255) NULL, "details" text NULL, "created_at" datetime NOT NULL, "team_id" varchar(255) NULL REFERENCES "teams" ("team_id") ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, "workspace_id" varchar(255) NULL REFERENCES "workspaces" ("workspace_id") ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "retention_policy_audits" VALUES(-2147483648,'','','','','','null','0001-01-01 00:00:00.000000','''; --','''; --');
INSERT INTO "retention_policy_audits" VALUES(0,'null','null','null','null','null','[-0.0, 1E+02]','9999-12-31 23:59:59.999999','','');
INSERT INTO "retention_policy_audits" VALUES(7,NULL,'default','policy','block',NULL,NULL,'2025-01-02 03:04:05.123456',NULL,NULL);
INSERT INTO "retention_policy_audits" VALUES(2147483647,replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'{"b": 1.10, "a": [1e400, 12345678901234567890123, "\ud83d\ude42", "ü", null, {"": "\u0000"}], "b": 2}','2024-02-29 23:59:59.000001','🙂 key','🙂 key');
CREATE TABLE "service_metadata" ("key" varchar(255) NOT NULL PRIMARY KEY, "value" text NULL);
INSERT INTO "service_metadata" VALUES('🙂 key',replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)));
INSERT INTO "service_metadata" VALUES('''; --','');
INSERT INTO "service_metadata" VALUES('','NaN');
INSERT INTO "service_metadata" VALUES(replace('key\n','\n',char(10)),NULL);
CREATE TABLE "cluster_members" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "memory_id" varchar(255) NOT NULL, "anchor" varchar(255) NULL, "summary" text NOT NULL, "tokens" integer NULL, "chars" integer NULL, "cluster_id" integer NOT NULL REFERENCES "clusters" ("id") ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "cluster_members" VALUES(-2147483648,'','','',-2147483648,-2147483648,-2147483648);
INSERT INTO "cluster_members" VALUES(0,'null','null','NaN',0,0,0);
INSERT INTO "cluster_members" VALUES(7,'m-1',NULL,'member',NULL,NULL,-2147483648);
INSERT INTO "cluster_members" VALUES(2147483647,replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),2147483647,2147483647,2147483647);
CREATE TABLE "long_term_memory" ("memory_id" varchar(255) NOT NULL PRIMARY KEY, "original_chat_id" varchar(255) NULL, "processed_data" text NOT NULL, "importance_score" real NOT NULL, "category_primary" varchar(255) NOT NULL, "retention_type" varchar(50) NOT NULL, "namespace" varchar(255) NOT NULL, "timestamp" datetime NOT NULL, "created_at" datetime NOT NULL, "access_count" integer NULL, "last_accessed" datetime NULL, "searchable_content" text NOT NULL, "summary" text NOT NULL, "novelty_score" real NULL, "relevance_score" real NULL, "actionability_score" real NULL, "x_coord" real NULL, "y_coord" real NULL, "z_coord" real NULL, "symbolic_anchors" text NULL, "embedding" text NULL, "documents_json" text NULL, "team_id" varchar(255) NULL REFERENCES "teams" ("team_id") ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, "workspace_id" varchar(255) NULL REFERENCES "workspaces" ("workspace_id") ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, "last_edited_by_model" varchar(255) NULL, "classification" varchar(50) NOT NULL, "memory_importance" varchar(20) NOT NULL, "topic" varchar(255) NULL, "entities_json" text NULL, "keywords_json" text NULL, "is_user_context" bool NULL, "is_preference" bool NULL, "is_skill_knowledge" bool NULL, "is_current_project" bool NULL, "promotion_eligible" bool NULL, "duplicate_of" varchar(255) NULL, "supersedes_json" text NULL, "related_memories_json" text NULL, "confidence_score" real NULL, "extraction_timestamp" datetime NOT NULL, "classification_reason" text NULL, "processed_for_duplicates" bool NULL, "conscious_processed" bool NULL, CONSTRAINT "ck_long_term_y_coord_range" CHECK (("y_coord" IS NULL OR ("y_coord" >= -15.0 AND "y_coord" <= 15.0))), CONSTRAINT "ck_long_term_z_coord_range" CHECK (("z_coord" IS NULL OR ("z_coord" >= -15.0 AND "z_coord" <= 15.0))));
INSERT INTO "long_term_memory" VALUES('🙂 key',replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'{"b": 1.10, "a": [1e400, 12345678901234567890123, "\ud83d\ude42", "ü", null, {"": "\u0000"}], "b": 2}',0.30000000000000004,replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'2024-02-29 23:59:59.000001','2024-02-29 23:59:59.000001',2147483647,'2024-02-29 23:59:59.000001',replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),0.30000000000000004,0.30000000000000004,0.30000000000000004,NULL,15.000000000000000,15.000000000000000,'{"b": 1.10, "a": [1e400, 12345678901234567890123, "\ud83d\ude42", "ü", null, {"": "\u0000"}], "b": 2}','{"b": 1.10, "a": [1e400, 12345678901234567890123, "\ud83d\ude42", "ü", null, {"": "\u0000"}], "b": 2}','{"b": 1.10, "a": [1e400, 12345678901234567890123, "\ud83d\ude42", "ü", null, {"": "\u0000"}], "b": 2}','🙂 key','🙂 key',replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'🙂 naïve ''quotes" \N ',replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'{"b": 1.10, "a": [1e400, 12345678901234567890123, "\ud83d\ude42", "ü", null, {"": "\u0000"}], "b": 2}','{"b": 1.10, "a": [1e400, 12345678901234567890123, "\ud83d\ude42", "ü", null, {"": "\u0000"}], "b": 2}',1,1,1,1,1,replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'{"b": 1.10, "a": [1e400, 12345678901234567890123, "\ud83d\ude42", "ü", null, {"": "\u0000"}], "b": 2}','{"b": 1.10, "a": [1e400, 12345678901234567890123, "\ud83d\ude42", "ü", null, {"": "\u0000"}], "b": 2}',0.30000000000000004,'2024-02-29 23:59:59.000001',replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),1,1);
INSERT INTO "long_term_memory" VALUES('''; --','','null',(4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/17179869184.0),'','','','0001-01-01 00:00:00.000000','0001-01-01 00:00:00.000000',-2147483648,'0001-01-01 00:00:00.000000','','',(4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/17179869184.0),(4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/17179869184.0),(4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/17179869184.0),NULL,-15.000000000000000,-15.000000000000000,'null','null','null','''; --','''; --','','','','','null','null',0,0,0,0,0,'','null','null',(4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/17179869184.0),'0001-01-01 00:00:00.000000','',0,0);
INSERT INTO "long_term_memory" VALUES('','null','[-0.0, 1E+02]',(-9007199254740991.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*34359738368.0),'null','null','null','9999-12-31 23:59:59.999999','9999-12-31 23:59:59.999999',0,'9999-12-31 23:59:59.999999','NaN','NaN',(-9007199254740991.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*34359738368.0),(-9007199254740991.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*34359738368.0),(-9007199254740991.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*34359738368.0),NULL,(8901646138474496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/16777216.0),(8901646138474496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/16777216.0),'[-0.0, 1E+02]','[-0.0, 1E+02]','[-0.0, 1E+02]','','','null','null','null','null','[-0.0, 1E+02]','[-0.0, 1E+02]',0,0,0,0,0,'null','[-0.0, 1E+02]','[-0.0, 1E+02]',(-9007199254740991.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*34359738368.0),'9999-12-31 23:59:59.999999','NaN',0,0);
INSERT INTO "long_term_memory" VALUES(replace('key\n','\n',char(10)),NULL,'{}',0.50000000000000000,'fact','long_term','default','2025-01-02 03:04:05.123456','2025-01-02 03:04:05.123456',NULL,NULL,'text','summary',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'conversational','medium',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2025-01-02 03:04:05.123456',NULL,NULL,NULL);
CREATE TABLE "short_term_memory" ("memory_id" varchar(255) NOT NULL PRIMARY KEY, "chat_id" varchar(255) NULL REFERENCES "chat_history" ("chat_id") ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, "processed_data" text NOT NULL, "importance_score" real NOT NULL, "category_primary" varchar(255) NOT NULL, "retention_type" varchar(50) NOT NULL, "namespace" varchar(255) NOT NULL, "created_at" datetime NOT NULL, "expires_at" datetime NULL, "access_count" integer NULL, "last_accessed" datetime NULL, "searchable_content" text NOT NULL, "summary" text NOT NULL, "is_permanent_context" bool NULL, "x_coord" real NULL, "y_coord" real NULL, "z_coord" real NULL, "symbolic_anchors" text NULL, "embedding" text NULL, "team_id" varchar(255) NULL REFERENCES "teams" ("team_id") ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, "workspace_id" varchar(255) NULL REFERENCES "workspaces" ("workspace_id") ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, "last_edited_by_model" varchar(255) NULL, CONSTRAINT "ck_short_term_y_coord_range" CHECK (("y_coord" IS NULL OR ("y_coord" >= -15.0 AND "y_coord" <= 15.0))), CONSTRAINT "ck_short_term_z_coord_range" CHECK (("z_coord" IS NULL OR ("z_coord" >= -15.0 AND "z_coord" <= 15.0))));
INSERT INTO "short_term_memory" VALUES('🙂 key','🙂 key','{"b": 1.10, "a": [1e400, 12345678901234567890123, "\ud83d\ude42", "ü", null, {"": "\u0000"}], "b": 2}',0.30000000000000004,replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),'2024-02-29 23:59:59.000001','2024-02-29 23:59:59.000001',2147483647,'2024-02-29 23:59:59.000001',replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)),1,NULL,15.000000000000000,15.000000000000000,'{"b": 1.10, "a": [1e400, 12345678901234567890123, "\ud83d\ude42", "ü", null, {"": "\u0000"}], "b": 2}','{"b": 1.10, "a": [1e400, 12345678901234567890123, "\ud83d\ude42", "ü", null, {"": "\u0000"}], "b": 2}','🙂 key','🙂 key',replace(replace('🙂 naïve ''quotes" \N \. a	b\r\nc\n ﻿','\n',char(10)),'\r',char(13)));
INSERT INTO "short_term_memory" VALUES('''; --','''; --','null',(4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/17179869184.0),'','','','0001-01-01 00:00:00.000000','0001-01-01 00:00:00.000000',-2147483648,'0001-01-01 00:00:00.000000','','',0,NULL,-15.000000000000000,-15.000000000000000,'null','null','''; --','''; --','');
INSERT INTO "short_term_memory" VALUES('','','[-0.0, 1E+02]',(-9007199254740991.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*4503599627370496.0*34359738368.0),'null','null','null','9999-12-31 23:59:59.999999','9999-12-31 23:59:59.999999',0,'9999-12-31 23:59:59.999999','NaN','NaN',0,NULL,(8901646138474496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/16777216.0),(8901646138474496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/4503599627370496.0/16777216.0),'[-0.0, 1E+02]','[-0.0, 1E+02]','','','null');
INSERT INTO "short_term_memory" VALUES(replace('key\n','\n',char(10)),NULL,'{}',0.50000000000000000,'fact','short_term','default','2025-01-02 03:04:05.123456',NULL,NULL,NULL,'text','summary',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE "memoria_imports" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "kind" varchar(20) NOT NULL, "state" varchar(20) NOT NULL, "started_at" datetime NOT NULL, "finished_at" datetime NOT NULL, "undone_at" datetime NULL, "user_name" varchar(255) NOT NULL, "file_name" text NOT NULL, "sha256" varchar(64) NOT NULL, "options" text NOT NULL, "counts" text NOT NULL);
CREATE TABLE "memoria_import_changes" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "table_name" varchar(63) NOT NULL, "key" text NOT NULL, "action" varchar(7) NOT NULL, "row" text NULL, "digest" varchar(64) NULL, "import_id" integer NOT NULL);
CREATE TABLE "memoria_uploads" ("id" varchar(32) NOT NULL PRIMARY KEY, "owner_name" varchar(150) NOT NULL, "created_at" datetime NOT NULL, "name" varchar(255) NOT NULL, "size" bigint NOT NULL, "sha256" varchar(64) NOT NULL, "stored" varchar(32) NOT NULL, "expires_at" datetime NOT NULL, "state" varchar(12) NOT NULL, "attempt" integer NOT NULL, "waiting_since" datetime NOT NULL, "started_at" datetime NULL, "finished_at" datetime NULL, "choices" text NOT NULL, "namespaces" text NOT NULL, "preview" text NULL, "fingerprint" text NOT NULL, "result" text NULL, "import_id" integer NULL, "message" text NOT NULL, "owner_id" integer NULL, "asked_by_id" integer NULL);
CREATE TABLE "memoria_upload_findings" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "table" varchar(64) NOT NULL, "action" varchar(20) NOT NULL, "line" bigint NULL, "key" text NULL, "reason" text NOT NULL, "old" text NULL, "new" text NULL, "upload_id" varchar(32) NOT NULL REFERENCES "memoria_uploads" ("id") ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL);
DELETE FROM sqlite_sequence;
INSERT INTO "sqlite_sequence"(rowid,"name","seq") VALUES(1,'django_migrations',23);
INSERT INTO "sqlite_sequence"(rowid,"name","seq") VALUES(2,'django_admin_log',0);
INSERT INTO "sqlite_sequence"(rowid,"name","seq") VALUES(3,'django_content_type',30);
INSERT INTO "sqlite_sequence"(rowid,"name","seq") VALUES(4,'auth_permission',120);
INSERT INTO "sqlite_sequence"(rowid,"name","seq") VALUES(9,'auth_group',0);
INSERT INTO "sqlite_sequence"(rowid,"name","seq") VALUES(10,'auth_user',0);
INSERT INTO "sqlite_sequence"(rowid,"name","seq") VALUES(11,'cluster_members',2147483647);
INSERT INTO "sqlite_sequence"(rowid,"name","seq") VALUES(12,'workspace_members',2147483647);
INSERT INTO "sqlite_sequence"(rowid,"name","seq") VALUES(13,'clusters',2147483647);
INSERT INTO "sqlite_sequence"(rowid,"name","seq") VALUES(14,'memory_access_events',2147483647);
INSERT INTO "sqlite_sequence"(rowid,"name","seq") VALUES(15,'thread_message_links',2147483647);
INSERT INTO "sqlite_sequence"(rowid,"name","seq") VALUES(16,'link_memory_threads',2147483647);
INSERT INTO "sqlite_sequence"(rowid,"name","seq") VALUES(17,'policy_artifacts',2147483647);
INSERT INTO "sqlite_sequence"(rowid,"name","seq") VALUES(18,'retention_policy_audits',2147483647);
CREATE UNIQUE INDEX "auth_group_permissions_group_id_permission_id_0cd325b0_uniq" ON "auth_group_permissions" ("group_id", "permission_id");
CREATE INDEX "auth_group_permissions_group_id_b120cbf9" ON "auth_group_permissions" ("group_id");
CREATE INDEX "auth_group_permissions_permission_id_84c5c92e" ON "auth_group_permissions" ("permission_id");
CREATE UNIQUE INDEX "auth_user_groups_user_id_group_id_94350c0c_uniq" ON "auth_user_groups" ("user_id", "group_id");
CREATE INDEX "auth_user_groups_user_id_6a12ed8b" ON "auth_user_groups" ("user_id");
CREATE INDEX "auth_user_groups_group_id_97559544" ON "auth_user_groups" ("group_id");
CREATE UNIQUE INDEX "auth_user_user_permissions_user_id_permission_id_14a6b632_uniq" ON "auth_user_user_permissions" ("user_id", "permission_id");
CREATE INDEX "auth_user_user_permissions_user_id_a95ead1b" ON "auth_user_user_permissions" ("user_id");
CREATE INDEX "auth_user_user_permissions_permission_id_1fbb5f2c" ON "auth_user_user_permissions" ("permission_id");
CREATE INDEX "django_admin_log_content_type_id_c4bce8eb" ON "django_admin_log" ("content_type_id");
CREATE INDEX "django_admin_log_user_id_c564eba6" ON "django_admin_log" ("user_id");
CREATE UNIQUE INDEX "django_content_type_app_label_model_76bd3d3b_uniq" ON "django_content_type" ("app_label", "model");
CREATE UNIQUE INDEX "auth_permission_content_type_id_codename_01ab375a_uniq" ON "auth_permission" ("content_type_id", "codename");
CREATE INDEX "auth_permission_content_type_id_2f476e4b" ON "auth_permission" ("content_type_id");
CREATE INDEX "idx_clusters_last_updated" ON "clusters" ("last_updated");
CREATE INDEX "idx_clusters_weight" ON "clusters" ("weight");
CREATE INDEX "idx_relationships_source" ON "memory_relationships" ("source_memory_id");
CREATE INDEX "idx_relationships_strength" ON "memory_relationships" ("strength");
CREATE INDEX "idx_relationships_target" ON "memory_relationships" ("target_memory_id");
CREATE INDEX "idx_relationships_type" ON "memory_relationships" ("relationship_type");
CREATE UNIQUE INDEX "idx_team_slug" ON "teams" ("slug");
CREATE INDEX "idx_team_created" ON "teams" ("created_at");
CREATE UNIQUE INDEX "idx_workspace_slug" ON "workspaces" ("slug");
CREATE INDEX "idx_workspace_created" ON "workspaces" ("created_at");
CREATE INDEX "idx_workspace_owner" ON "workspaces" ("owner_id");
CREATE INDEX "idx_workspace_team" ON "workspaces" ("team_id");
CREATE INDEX "idx_workspace_member_user" ON "workspace_members" ("user_id");
CREATE INDEX "idx_workspace_member_workspace" ON "workspace_members" ("workspace_id");
CREATE INDEX "idx_agent_preferred_model" ON "agents" ("preferred_model");
CREATE INDEX "idx_agent_role" ON "agents" ("role");
CREATE INDEX "idx_chat_last_editor" ON "chat_history" ("last_edited_by_model");
CREATE INDEX "idx_chat_model" ON "chat_history" ("model");
CREATE INDEX "idx_chat_namespace_session" ON "chat_history" ("namespace", "session_id");
CREATE INDEX "idx_chat_team" ON "chat_history" ("team_id");
CREATE INDEX "idx_chat_team_namespace" ON "chat_history" ("team_id", "namespace");
CREATE INDEX "idx_chat_timestamp" ON "chat_history" ("timestamp");
CREATE INDEX "idx_chat_workspace" ON "chat_history" ("workspace_id");
CREATE INDEX "idx_chat_workspace_namespace" ON "chat_history" ("workspace_id", "namespace");
CREATE INDEX "idx_entities_memory" ON "memory_entities" ("memory_id", "memory_type");
CREATE INDEX "idx_entities_namespace" ON "memory_entities" ("namespace");
CREATE INDEX "idx_entities_relevance" ON "memory_entities" ("relevance_score");
CREATE INDEX "idx_entities_type" ON "memory_entities" ("entity_type");
CREATE INDEX "idx_entities_value" ON "memory_entities" ("entity_value");
CREATE INDEX "idx_entities_value_type" ON "memory_entities" ("entity_value", "entity_type");
CREATE INDEX "idx_spatial_namespace" ON "spatial_metadata" ("namespace");
CREATE INDEX "idx_spatial_team_namespace" ON "spatial_metadata" ("team_id", "namespace");
CREATE INDEX "idx_spatial_workspace_namespace" ON "spatial_metadata" ("workspace_id", "namespace");
CREATE INDEX "idx_access_events_memory" ON "memory_access_events" ("memory_id");
CREATE INDEX "idx_access_events_namespace" ON "memory_access_events" ("namespace", "accessed_at");
CREATE INDEX "idx_access_events_team_namespace" ON "memory_access_events" ("team_id", "namespace", "accessed_at");
CREATE INDEX "idx_access_events_workspace_namespace" ON "memory_access_events" ("workspace_id", "namespace", "accessed_at");
CREATE INDEX "idx_thread_events_namespace" ON "thread_events" ("namespace");
CREATE INDEX "idx_thread_message_memory" ON "thread_message_links" ("memory_id");
CREATE INDEX "idx_thread_message_thread" ON "thread_message_links" ("thread_id");
CREATE INDEX "idx_threads_source" ON "link_memory_threads" ("source_memory_id");
CREATE INDEX "idx_threads_target" ON "link_memory_threads" ("target_memory_id");
CREATE INDEX "idx_rules_active" ON "rules_memory" ("active");
CREATE INDEX "idx_rules_namespace" ON "rules_memory" ("namespace");
CREATE INDEX "idx_rules_priority" ON "rules_memory" ("priority");
CREATE INDEX "idx_rules_type" ON "rules_memory" ("rule_type");
CREATE INDEX "idx_rules_updated" ON "rules_memory" ("updated_at");
CREATE INDEX "idx_policy_artifacts_namespace" ON "policy_artifacts" ("namespace");
CREATE INDEX "idx_policy_artifacts_type" ON "policy_artifacts" ("artifact_type");
CREATE INDEX "idx_retention_audits_namespace" ON "retention_policy_audits" ("namespace", "created_at");
CREATE INDEX "idx_retention_audits_policy" ON "retention_policy_audits" ("policy_name", "created_at");
CREATE INDEX "idx_cluster_members_cluster" ON "cluster_members" ("cluster_id");
CREATE INDEX "idx_long_term_access" ON "long_term_memory" ("access_count", "last_accessed");
CREATE INDEX "idx_long_term_category" ON "long_term_memory" ("category_primary");
CREATE INDEX "idx_long_term_classification" ON "long_term_memory" ("classification");
CREATE INDEX "idx_long_term_confidence" ON "long_term_memory" ("confidence_score");
CREATE INDEX "idx_long_term_conscious_flags" ON "long_term_memory" ("is_user_context", "is_preference", "is_skill_knowledge", "promotion_eligible");
CREATE INDEX "idx_long_term_conscious_processed" ON "long_term_memory" ("conscious_processed");
CREATE INDEX "idx_long_term_coords" ON "long_term_memory" ("x_coord", "y_coord", "z_coord");
CREATE INDEX "idx_long_term_created" ON "long_term_memory" ("created_at");
CREATE INDEX "idx_long_term_duplicates" ON "long_term_memory" ("processed_for_duplicates");
CREATE INDEX "idx_long_term_importance" ON "long_term_memory" ("importance_score");
CREATE INDEX "idx_long_term_last_editor" ON "long_term_memory" ("last_edited_by_model");
CREATE INDEX "idx_long_term_memory_importance" ON "long_term_memory" ("memory_importance");
CREATE INDEX "idx_long_term_namespace" ON "long_term_memory" ("namespace");
CREATE INDEX "idx_long_term_namespace_category" ON "long_term_memory" ("namespace", "category_primary", "importance_score");
CREATE INDEX "idx_long_term_namespace_team" ON "long_term_memory" ("namespace", "team_id");
CREATE INDEX "idx_long_term_namespace_workspace" ON "long_term_memory" ("namespace", "workspace_id");
CREATE INDEX "idx_long_term_scores" ON "long_term_memory" ("novelty_score", "relevance_score", "actionability_score");
CREATE INDEX "idx_long_term_team" ON "long_term_memory" ("team_id");
CREATE INDEX "idx_long_term_team_namespace" ON "long_term_memory" ("team_id", "namespace");
CREATE INDEX "idx_long_term_timestamp" ON "long_term_memory" ("timestamp");
CREATE INDEX "idx_long_term_topic" ON "long_term_memory" ("topic");
CREATE INDEX "idx_long_term_workspace" ON "long_term_memory" ("workspace_id");
CREATE INDEX "idx_short_term_access" ON "short_term_memory" ("access_count", "last_accessed");
CREATE INDEX "idx_short_term_category" ON "short_term_memory" ("category_primary");
CREATE INDEX "idx_short_term_coords" ON "short_term_memory" ("x_coord", "y_coord", "z_coord");
CREATE INDEX "idx_short_term_created" ON "short_term_memory" ("created_at");
CREATE INDEX "idx_short_term_expires" ON "short_term_memory" ("expires_at");
CREATE INDEX "idx_short_term_importance" ON "short_term_memory" ("importance_score");
CREATE INDEX "idx_short_term_last_editor" ON "short_term_memory" ("last_edited_by_model");
CREATE INDEX "idx_short_term_namespace" ON "short_term_memory" ("namespace");
CREATE INDEX "idx_short_term_namespace_category" ON "short_term_memory" ("namespace", "category_primary", "importance_score");
CREATE INDEX "idx_short_term_namespace_team" ON "short_term_memory" ("namespace", "team_id");
CREATE INDEX "idx_short_term_namespace_workspace" ON "short_term_memory" ("namespace", "workspace_id");
CREATE INDEX "idx_short_term_permanent" ON "short_term_memory" ("is_permanent_context");
CREATE INDEX "idx_short_term_team" ON "short_term_memory" ("team_id");
CREATE INDEX "idx_short_term_team_namespace" ON "short_term_memory" ("team_id", "namespace");
CREATE INDEX "idx_short_term_workspace" ON "short_term_memory" ("workspace_id");
CREATE INDEX "idx_import_changes_import" ON "memoria_import_changes" ("import_id", "table_name", "action");
CREATE INDEX "idx_uploads_owner" ON "memoria_uploads" ("owner_id", "created_at");
CREATE INDEX "idx_uploads_expires_at" ON "memoria_uploads" ("expires_at");
CREATE INDEX "idx_upload_findings_place" ON "memoria_upload_findings" ("upload_id", "table", "action", "id");
CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date");
COMMIT;
